// Files that hold the passwords of many
// SPDX-License-Identifier: Apache-2.0
#include "detect/detection.h"
#include "detect/judgement.h"
#include "detect/path_name.h"
#include "detect/reading.h"

#include <string.h>

// Cost: one pass over files.

enum credential_files_rule {
    CREDENTIAL_FILES_HOST,
};

static const struct slice TAGS[] = {JUDGEMENT_TEXT("attack.credential-access"),
                                    JUDGEMENT_TEXT("attack.t1003"),
                                    JUDGEMENT_TEXT("vedette.stage.credentials")};

// What a file holds, and ATT&CK's name for taking it.
enum store {
    STORE_NONE,
    STORE_LSASS,
    STORE_SAM,
    STORE_NTDS,
    STORE_SECURITY,
    STORE_COUNT
};

static const char *const STORE_TECHNIQUES[] = {[STORE_LSASS] = "T1003.001",
                                               [STORE_SAM] = "T1003.002",
                                               [STORE_NTDS] = "T1003.003",
                                               [STORE_SECURITY] = "T1003.004"};

static const struct rule RULES[] = {
    [CREDENTIAL_FILES_HOST] =
        JUDGEMENT("vedette-credential-file",
                  "Memory of the logon process or a store of passwords lies in a file", HIGH, TAGS),
};

static bool contains(struct slice text, const char *part) {
    return memmem(text.data, text.size, part, strlen(part)) != NULL;
}

static bool name_ends_as_dump(struct slice name) {
    return slice_ends(name, SLICE(".dmp")) || slice_ends(name, SLICE(".dump")) ||
           slice_ends(name, SLICE(".mdmp")) || slice_ends(name, SLICE(".dmp.zip"));
}

// Microsoft's Test-ProxyLogon looks for lsass dumps; the others by ATT&CK T1003.002 to .004.
static enum store path_store(struct slice path) {
    struct slice name = path_base(path);
    if (contains(name, "lsass") && name_ends_as_dump(name))
        return contains(path, "\\crashdumps\\") || contains(path, "\\wer\\") ? STORE_NONE
                                                                             : STORE_LSASS;
    if (slice_equal_string(name, "ntds.dit"))
        return contains(path, "\\windows\\ntds\\") || contains(path, "\\winsxs\\") ||
                       contains(path, "\\windows\\system32\\ntds.dit")
                   ? STORE_NONE
                   : STORE_NTDS;
    if (!slice_ends(name, SLICE(".hiv")) && !slice_ends(name, SLICE(".hive")) &&
        !slice_ends(name, SLICE(".save")) && !slice_ends(name, SLICE(".sav")))
        return STORE_NONE;
    if (slice_starts(name, SLICE("sam.")))
        return STORE_SAM;
    return slice_starts(name, SLICE("security.")) ? STORE_SECURITY : STORE_NONE;
}

struct holder {
    struct draft draft;
    struct buffer host, path;
    unsigned stores; // 1 << enum store
    bool open;
};

static enum status holder_end(struct holder *holder, const struct detection_sink *sink,
                              struct problem *problem) {
    if (!holder->open)
        return STATUS_OK;
    holder->open = false;
    draft_say(&holder->draft, "what", "%.*s lay on %.*s.",
              SLICE_FORMAT(buffer_slice(&holder->path)), SLICE_FORMAT(buffer_slice(&holder->host)));
    draft_say(
        &holder->draft, "why",
        "Such a file holds the passwords or keys of all who are logged on, or of the domain.");
    draft_say(&holder->draft, "confidence", "high: by its name; the file itself was not read");
    draft_say(
        &holder->draft, "benign",
        "Support may have asked for a dump, a backup may have saved a hive: ask who made it.");
    for (int store = STORE_NONE + 1; store < STORE_COUNT; store++)
        if (holder->stores >> store & 1)
            draft_say(&holder->draft, "technique", "%s", STORE_TECHNIQUES[store]);
    return draft_tell(&holder->draft, sink, problem);
}

static enum status credential_files_judge(const struct detect_context *context,
                                          const struct detection_sink *sink,
                                          struct problem *problem) {
    struct holder holder = {.open = false};
    draft_init(&holder.draft);
    buffer_init(&holder.host, RELATION_PART_BYTES_MAX);
    buffer_init(&holder.path, RELATION_PART_BYTES_MAX);
    struct reading reading;
    enum status status =
        reading_open(&reading, context, RELATION_MASK(FILE), RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        const struct relation *relation = &reading.relation;
        enum store store = path_store(relation->artefact);
        if (store == STORE_NONE)
            continue;
        struct slice host = reading_to(context, relation);
        if (!holder.open || !slice_equal(host, buffer_slice(&holder.host))) {
            status = holder_end(&holder, sink, problem);
            buffer_reset(&holder.host);
            buffer_append_slice(&holder.host, host);
            buffer_reset(&holder.path);
            buffer_append_slice(&holder.path, relation->artefact);
            draft_begin(&holder.draft, CREDENTIAL_FILES_HOST, host, relation->account);
            draft_say_text(&holder.draft, "artefact", relation->artefact);
            holder.stores = 0;
            holder.open = true;
        }
        holder.stores |= 1u << store;
        draft_cite(&holder.draft, relation);
    }
    if (status == STATUS_OK)
        status = holder_end(&holder, sink, problem);
    reading_close(&reading);
    draft_done(&holder.draft);
    buffer_done(&holder.host);
    buffer_done(&holder.path);
    return status;
}

const struct detector detector_credential_files = {
    .name = "credential_files",
    .summary = "files that hold the passwords of many",
    .rules = RULES,
    .rule_count = ARRAY_SIZE(RULES),
    .judge = credential_files_judge,
};
