// What the drill knows of its hosts: clocks and addresses
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "drill/organisation.h"
#include "drill/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t DAY_NS = 86400000000000;

static void tell_addresses(const struct organisation *organisation, const struct host *host,
                           int64_t days) {
    char last[ADDRESS_TEXT_SIZE] = "";
    const char *comma = "";
    for (int64_t time_ns = organisation->start_ns; time_ns < organisation->start_ns + days * DAY_NS;
         time_ns += DAY_NS / 48) {
        char text[ADDRESS_TEXT_SIZE];
        struct address address = organisation_address(organisation, host, time_ns);
        size_t size = address_format(&address, text);
        text[size < sizeof text ? size : sizeof text - 1] = '\0';
        if (strcmp(text, last) == 0)
            continue;
        printf("%s{\"address\":\"%s\",\"from_ns\":%lld}", comma, text, (long long)time_ns);
        memcpy(last, text, sizeof last);
        comma = ",";
    }
}

// drill_hosts SCENARIO HOSTS SEED DAYS
int main(int count, char **words) {
    struct scenario *scenario;
    struct organisation *organisation;
    struct problem problem;
    if (count != 5)
        return 2;
    if (scenario_read_file(words[1], &scenario, &problem) != STATUS_OK) {
        fprintf(stderr, "%s\n", problem.text);
        return 2;
    }
    int64_t days = strtoll(words[4], NULL, 10);
    struct organisation_options founding = {
        .hosts = (uint32_t)strtoul(words[2], NULL, 10),
        .seed = strtoull(words[3], NULL, 10),
        .start_ns = scenario->start_ns,
        .end_ns = scenario->start_ns + 366 * DAY_NS,
    };
    if (organisation_new(scenario, &founding, &organisation, &problem) != STATUS_OK) {
        fprintf(stderr, "%s\n", problem.text);
        return 2;
    }
    for (size_t i = 0; i < organisation->host_count; i++) {
        const struct host *host = &organisation->hosts[i];
        int64_t skew_ns = host->skew_ns + host->zone_error_seconds * 1000000000ll;
        printf("{\"host\":\"%s\",\"fqdn\":\"%s\",\"skew_ns\":%lld,\"addresses\":[", host->name,
               host->fqdn, (long long)skew_ns);
        tell_addresses(organisation, host, days);
        printf("]}\n");
    }
    organisation_free(organisation);
    scenario_free(scenario);
    return 0;
}
