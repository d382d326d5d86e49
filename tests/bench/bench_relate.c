// Relations per second: events in memory become one table
// SPDX-License-Identifier: Apache-2.0
#include "relate/relate.h"

#include "../synthetic_event.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

// bench_relate COUNT HOSTS [MEMORY_MIB]: logons of HOSTS clients on HOSTS / 20 servers, one a
// millisecond, in the words of Security 4624. A peer that counts the same pairs is
// peer_relate.cpp.
// CPU time of this process: what else the machine does does not count.
static int64_t cpu_ns(void) {
    struct timespec spent;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
    return spent.tv_sec * 1000000000 + spent.tv_nsec;
}

static uint64_t dice(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

struct texts {
    char computer[32], address[32], user[32];
};

static void make_event(uint64_t i, uint64_t hosts, uint64_t *state, struct texts *texts,
                       struct synthetic_event *made) {
    uint64_t client = dice(state) % hosts;
    uint64_t server = dice(state) % (hosts / 20 + 1);
    snprintf(texts->computer, sizeof texts->computer, "SRV-%05u.corp.example", (unsigned)server);
    snprintf(texts->address, sizeof texts->address, "10.%u.%u.%u", (unsigned)(client >> 16 & 255),
             (unsigned)(client >> 8 & 255), (unsigned)(client & 255));
    snprintf(texts->user, sizeof texts->user, "user%u", (unsigned)(client / 2));
    synthetic_init(made, 1, 1772409600000000000 + (int64_t)i * 1000000, i * 1000);
    synthetic_field(made, "Computer", texts->computer, FIELD_ROLE_COMPUTER);
    synthetic_field(made, "TargetUserName", texts->user, FIELD_ROLE_NONE);
    synthetic_field(made, "TargetDomainName", "CORP", FIELD_ROLE_NONE);
    synthetic_field(made, "LogonType", "3", FIELD_ROLE_NONE);
    synthetic_field(made, "AuthenticationPackageName", "Kerberos", FIELD_ROLE_NONE);
    synthetic_field(made, "LogonProcessName", "Kerberos", FIELD_ROLE_NONE);
    synthetic_field(made, "IpAddress", texts->address, FIELD_ROLE_NONE);
    made->event_class.code = 4624;
    log_source_add_service(&made->event_class.log_source, LOG_SERVICE_SECURITY);
}

enum {
    BATCH = 8 // events made, still near, and only then observed: only that is timed
};

struct batch {
    struct texts texts[BATCH];
    struct synthetic_event made[BATCH];
};

// CPU time of observing; -1: it failed.
static int64_t run(uint64_t events, uint64_t hosts, struct relater *relater) {
    static struct batch batch;
    struct problem problem;
    uint64_t state = 88172645463325252u;
    int64_t spent_ns = 0;
    for (uint64_t done = 0; done < events;) {
        uint64_t count = events - done < BATCH ? events - done : BATCH;
        for (uint64_t i = 0; i < count; i++)
            make_event(done + i, hosts, &state, &batch.texts[i], &batch.made[i]);
        int64_t started_ns = cpu_ns();
        for (uint64_t i = 0; i < count; i++)
            if (relater_observe(relater, &batch.made[i].event, SLICE(""), &problem) != STATUS_OK)
                return -1;
        spent_ns += cpu_ns() - started_ns;
        done += count;
    }
    return spent_ns;
}

int main(int count, char **words) {
    if (count < 3)
        return 2;
    uint64_t events = strtoull(words[1], NULL, 10);
    uint64_t hosts = strtoull(words[2], NULL, 10);
    size_t memory = (count > 3 ? strtoull(words[3], NULL, 10) : 256) << 20;
    struct relater *relater = relater_new(memory, "/tmp");
    struct relation_store *store;
    struct problem problem;
    int64_t observing_ns = run(events, hosts, relater);
    int64_t started_ns = cpu_ns();
    if (observing_ns < 0 || relaters_settle(&relater, 1, &store, &problem) != STATUS_OK)
        return 1;
    int64_t settling_ns = cpu_ns() - started_ns;
    double seconds = (double)observing_ns / 1e9;
    printf("%llu relations observed in %.2f s CPU (%.2f M/s), settled to %llu in %.2f s\n",
           (unsigned long long)events, seconds, (double)events / seconds / 1e6,
           (unsigned long long)relation_store_count(store), (double)settling_ns / 1e9);
    relation_store_free(store);
    relater_free(relater);
    return 0;
}
