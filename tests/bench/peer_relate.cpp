// The peer of bench_relate: std::unordered_map counting the same
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <unordered_map>

struct Sums {
    uint64_t count;
    int64_t first, last;
};

static uint64_t dice(uint64_t &state) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

// peer_relate COUNT HOSTS: no spilling, no references, no times, no settling.
int main(int count, char **words) {
    if (count < 3)
        return 2;
    uint64_t events = std::strtoull(words[1], nullptr, 10),
             hosts = std::strtoull(words[2], nullptr, 10);
    uint64_t state = 88172645463325252u;
    std::unordered_map<std::string, Sums> table;
    char computer[32], address[32], user[32];
    std::clock_t started = std::clock();
    for (uint64_t i = 0; i < events; i++) {
        uint64_t client = dice(state) % hosts, server = dice(state) % (hosts / 20 + 1);
        std::snprintf(computer, sizeof computer, "SRV-%05u.corp.example", unsigned(server));
        std::snprintf(address, sizeof address, "10.%u.%u.%u", unsigned(client >> 16 & 255),
                      unsigned(client >> 8 & 255), unsigned(client & 255));
        std::snprintf(user, sizeof user, "user%u", unsigned(client / 2));
        std::string key = std::string(address) + '\0' + computer + '\0' + "CORP\\" + user + '\0' +
                          "3" + '\0' + "Kerberos" + '\0' + "Kerberos";
        int64_t time = 1772409600000000000 + int64_t(i) * 1000000;
        auto [at, fresh] = table.try_emplace(std::move(key), Sums{0, time, time});
        at->second.count++;
        if (time > at->second.last)
            at->second.last = time;
    }
    double seconds = double(std::clock() - started) / CLOCKS_PER_SEC;
    std::printf("%llu counted in %.2f s (%.2f M/s), %zu different\n", (unsigned long long)events,
                seconds, double(events) / seconds / 1e6, table.size());
}
