// Servers' programs that begin to start shells
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/text.h"
#include "detect/detection.h"
#include "detect/judgement.h"
#include "detect/path_name.h"
#include "detect/reading.h"

// Cost: one pass over program starts.
//
// Where no command lines are logged, a shell below java.exe may be a converter or an intruder. A
// converter is called from the first day on, and goes on: what begins weeks after the logs do and
// is over within days is none. Internet Information Services have rules of their own (rules/sigma).

enum server_shell_rule {
    SERVER_SHELL_FIRST,
};

static const struct slice TAGS[] = {JUDGEMENT_TEXT("attack.execution"),
                                    JUDGEMENT_TEXT("attack.t1059"),
                                    JUDGEMENT_TEXT("vedette.stage.control")};

static const struct rule RULES[] = {
    [SERVER_SHELL_FIRST] =
        JUDGEMENT("vedette-server-shell", "A server's program began to start shells", HIGH, TAGS),
};

#define DAY_NS (86400 * 1000000000ll)

enum {
    BASELINE_DAYS = 5, // with program starts of the host before
    SPELL_DAYS = 3,
    STARTS_MIN = 4 // one start stands in two logs
};

// Names without ".exe".
static bool name_is_one_of(struct slice name, const char *const *names, size_t count) {
    if (slice_ends(name, SLICE(".exe")))
        name.size -= 4;
    for (size_t i = 0; i < count; i++)
        if (text_equal_fold_ascii(name, slice_of_string(names[i])))
            return true;
    return false;
}

static bool program_serves(struct slice name) {
    static const char *const NAMES[] = {"java",    "javaw",   "tomcat",   "tomcat7",
                                        "tomcat8", "tomcat9", "tomcat10", "httpd",
                                        "nginx",   "php-cgi", "php-fpm",  "node"};
    return name_is_one_of(name, NAMES, ARRAY_SIZE(NAMES));
}

static bool program_is_shell(struct slice name) {
    static const char *const NAMES[] = {"cmd",     "powershell", "pwsh", "cscript",
                                        "wscript", "sh",         "bash", "dash"};
    return name_is_one_of(name, NAMES, ARRAY_SIZE(NAMES));
}

// On a workstation people's own programs run on Java, too.
static bool runs_as_service(const struct detect_context *context, const struct relation *relation) {
    static const char *const NAMES[] = {"system", "network service", "local service"};
    struct slice account = path_base(relation->account);
    uint32_t host = relation->to_host;
    bool server =
        host != RELATION_NO_HOST && (context->fleet->hosts[host].roles & FLEET_ROLE_SERVER);
    return server || slice_ends(account, SLICE("$")) ||
           name_is_one_of(account, NAMES, ARRAY_SIZE(NAMES));
}

// The starts on one host; a draft that grows while its relations go by.
struct spell {
    struct draft draft;
    struct buffer host;
    struct buffer parent, shell; // of the first
    int64_t begin_ns;            // of the host's program starts
    bool open;                   // the draft holds shells
};

static void spell_begin(struct spell *spell, struct slice host) {
    buffer_reset(&spell->host);
    buffer_append_slice(&spell->host, host);
    spell->begin_ns = INT64_MAX;
    spell->open = false;
}

static void spell_take(struct spell *spell, const struct relation *relation) {
    if (!spell->open)
        draft_begin(&spell->draft, SERVER_SHELL_FIRST, buffer_slice(&spell->host),
                    relation->account);
    if (!spell->open || relation->first_ns < spell->draft.detection.first_ns) {
        buffer_reset(&spell->parent);
        buffer_append_slice(&spell->parent, relation->detail[0]);
        buffer_reset(&spell->shell);
        buffer_append_slice(&spell->shell, relation->artefact);
    }
    spell->open = true;
    draft_cite(&spell->draft, relation);
}

static enum status spell_end(struct spell *spell, const struct detection_sink *sink,
                             struct problem *problem) {
    struct draft *draft = &spell->draft;
    const struct detection *shells = &draft->detection;
    if (!spell->open || shells->count < STARTS_MIN ||
        shells->last_ns - shells->first_ns > SPELL_DAYS * DAY_NS ||
        shells->first_ns - spell->begin_ns < BASELINE_DAYS * DAY_NS)
        return STATUS_OK;
    char first[CLOCK_TEXT_SIZE], last[CLOCK_TEXT_SIZE];
    clock_format_minute(shells->first_ns, first);
    clock_format_minute(shells->last_ns, last);
    struct slice parent = path_base(buffer_slice(&spell->parent));
    struct slice shell = path_base(buffer_slice(&spell->shell));
    draft_say(draft, "what", "%.*s on %.*s started %.*s, and others, between %s and %s.",
              SLICE_FORMAT(parent), SLICE_FORMAT(buffer_slice(&spell->host)), SLICE_FORMAT(shell),
              first, last);
    draft_say(draft, "why",
              "%llu records of starts within %d days; in the %lld days of program starts before "
              "there was none",
              (unsigned long long)shells->count, SPELL_DAYS,
              (long long)((shells->first_ns - spell->begin_ns) / DAY_NS));
    draft_say(draft, "confidence",
              "high that it is new; what was run is told only where command lines are logged");
    draft_say(draft, "benign",
              "A release or a job that began then may call a converter or a script, and would go "
              "on doing so.");
    draft_say_text(draft, "program", buffer_slice(&spell->parent));
    return draft_tell(draft, sink, problem);
}

static enum status server_shell_judge(const struct detect_context *context,
                                      const struct detection_sink *sink, struct problem *problem) {
    struct spell spell = {.open = false};
    draft_init(&spell.draft);
    buffer_init(&spell.host, RELATION_PART_BYTES_MAX);
    buffer_init(&spell.parent, RELATION_PART_BYTES_MAX);
    buffer_init(&spell.shell, RELATION_PART_BYTES_MAX);
    struct reading reading;
    enum status status =
        reading_open(&reading, context, RELATION_MASK(SPAWN), RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        const struct relation *relation = &reading.relation;
        struct slice host = reading_to(context, relation);
        if (relation->first_ns == CLOCK_NONE)
            continue;
        if (!slice_equal(host, buffer_slice(&spell.host))) {
            status = spell_end(&spell, sink, problem);
            spell_begin(&spell, host);
        }
        if (relation->first_ns < spell.begin_ns)
            spell.begin_ns = relation->first_ns;
        if (program_serves(path_base(relation->detail[0])) &&
            program_is_shell(path_base(relation->artefact)) && runs_as_service(context, relation))
            spell_take(&spell, relation);
    }
    if (status == STATUS_OK)
        status = spell_end(&spell, sink, problem);
    reading_close(&reading);
    draft_done(&spell.draft);
    buffer_done(&spell.host);
    buffer_done(&spell.parent);
    buffer_done(&spell.shell);
    return status;
}

const struct detector detector_server_shell = {
    .name = "server_shell",
    .summary = "programs of servers that began to start shells",
    .rules = RULES,
    .rule_count = ARRAY_SIZE(RULES),
    .judge = server_shell_judge,
};
