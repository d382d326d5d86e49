// How a mail server was taken, link by link
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/text.h"
#include "detect/exchange_book.h"
#include "detect/reading.h"

#include <assert.h>
#include <stdlib.h>

// Cost: one pass over rule hits; when these name a session one each over cmdlets, files and
// program starts. The number of signs is bounded, sessions are found by one sort of them.

// Around a session that its strong signs span.
#define AROUND_NS EXCHANGE_HOUR_NS
#define PAGE_AFTER_NS EXCHANGE_DAY_NS

#define LINK(name) (1u << EXCHANGE_LINK_##name)
// Signs that make a session; the others join one.
#define STRONG (LINK(REQUEST) | LINK(INSIDE) | LINK(CMDLET))

static const struct {
    struct slice id;
    enum exchange_link link;
    struct slice known_as;
} SIGNS[] = {
#define SIGN(id, link, known_as) {SLICE(id), EXCHANGE_LINK_##link, SLICE(known_as)},
#include "detect/exchange_signs.def"
#undef SIGN
};

uint32_t exchange_server_of(struct exchange_book *book, const struct relation *relation, bool add) {
    struct slice name = reading_to(book->context, relation);
    if (name.size == 0)
        return UINT32_MAX;
    for (uint32_t i = 0; i < book->server_count; i++) {
        const struct exchange_server *server = &book->servers[i];
        if (relation->to_host != RELATION_NO_HOST ? relation->to_host == server->host
                                                  : slice_equal(name, server->name))
            return i;
    }
    if (!add || book->server_count == EXCHANGE_SERVERS_MAX)
        return UINT32_MAX;
    struct slice kept = arena_keep(&book->arena, name);
    if (kept.size == 0)
        return UINT32_MAX;
    book->servers[book->server_count] = (struct exchange_server){relation->to_host, kept};
    return book->server_count++;
}

void exchange_sign_add(struct exchange_book *book, const struct relation *relation,
                       enum exchange_link link, struct slice text, struct slice known_as) {
    uint32_t server = exchange_server_of(book, relation, true);
    if (server == UINT32_MAX || book->sign_count == EXCHANGE_SIGNS_MAX ||
        relation->first_ns == CLOCK_NONE || relation->reference_count == 0)
        return;
    const struct reference *references =
        references_keep(&book->arena, relation->references, relation->reference_count);
    if (!references)
        return;
    book->signs[book->sign_count++] =
        (struct exchange_sign){.link = link,
                               .server = server,
                               .first_ns = relation->first_ns,
                               .last_ns = relation->last_ns,
                               .count = relation->count,
                               .from = arena_keep(&book->arena, relation->from),
                               .text = arena_keep(&book->arena, text),
                               .known_as = known_as,
                               .references = references,
                               .reference_count = relation->reference_count};
}

static void hit_take(struct exchange_book *book, const struct relation *hit) {
    for (size_t i = 0; i < ARRAY_SIZE(SIGNS); i++)
        if (slice_equal(hit->artefact, SIGNS[i].id))
            exchange_sign_add(book, hit, SIGNS[i].link, SLICE(""), SIGNS[i].known_as);
}

typedef void taker(struct exchange_book *book, const struct relation *relation);

static enum status relations_take(struct exchange_book *book, uint64_t kinds, taker *take,
                                  struct problem *problem) {
    struct reading reading;
    enum status status = reading_open(&reading, book->context, kinds, RELATION_ORDER_TIME, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more)
        take(book, &reading.relation);
    reading_close(&reading);
    return status;
}

static int sign_compare(const void *a, const void *b) {
    const struct exchange_sign *one = a, *two = b;
    if (one->server != two->server)
        return one->server < two->server ? -1 : 1;
    if (one->first_ns != two->first_ns)
        return one->first_ns < two->first_ns ? -1 : 1;
    if (one->link != two->link)
        return one->link < two->link ? -1 : 1;
    int order = slice_compare(one->from, two->from);
    return order ? order : reference_compare(one->references, two->references);
}

// The first three numbers of an IPv4 address with their dots, of others the whole.
static struct slice client_network(struct slice client) {
    size_t dots = 0;
    for (size_t i = 0; i < client.size; i++)
        if (client.data[i] == '.' && ++dots == 3)
            return slice_part(client, 0, i + 1);
    return client;
}

bool exchange_session_knows(const struct exchange_session *session, struct slice client) {
    struct slice network = client_network(client);
    for (uint32_t i = 0; i < session->network_count; i++)
        if (slice_equal(session->networks[i], network))
            return true;
    return false;
}

static void session_take(struct exchange_book *book, struct exchange_session *session,
                         const struct exchange_sign *sign) {
    session->links |= 1u << sign->link;
    if (sign->last_ns > session->last_ns)
        session->last_ns = sign->last_ns;
    if (sign->first_ns < session->first_ns)
        session->first_ns = sign->first_ns;
    if (sign->link != EXCHANGE_LINK_REQUEST || !address_is_address(sign->from) ||
        exchange_session_knows(session, sign->from))
        return;
    if (!session->networks)
        session->networks =
            arena_new(&book->arena, EXCHANGE_NETWORKS_MAX, sizeof *session->networks);
    if (session->networks && session->network_count < EXCHANGE_NETWORKS_MAX)
        session->networks[session->network_count++] = client_network(sign->from);
}

static void sessions_make(struct exchange_book *book) {
    qsort(book->signs, book->sign_count, sizeof *book->signs, sign_compare);
    struct exchange_session *session = NULL;
    for (uint32_t i = 0; i < book->sign_count; i++) {
        const struct exchange_sign *sign = &book->signs[i];
        if (!(1u << sign->link & STRONG))
            continue;
        if (!session || session->server != sign->server ||
            sign->first_ns - session->last_ns > EXCHANGE_GAP_NS) {
            if (book->session_count == EXCHANGE_SESSIONS_MAX)
                return;
            session = &book->sessions[book->session_count++];
            *session = (struct exchange_session){
                .server = sign->server, .first_ns = sign->first_ns, .last_ns = sign->last_ns};
        }
        session_take(book, session, sign);
    }
}

const struct exchange_session *exchange_session_at(const struct exchange_book *book,
                                                   uint32_t server, int64_t time_ns,
                                                   int64_t before_ns, int64_t after_ns) {
    for (uint32_t i = 0; i < book->session_count; i++) {
        const struct exchange_session *session = &book->sessions[i];
        if (session->server == server && time_ns >= session->first_ns - before_ns &&
            time_ns - after_ns <= session->last_ns)
            return session;
    }
    return NULL;
}

static bool near_session(struct exchange_book *book, const struct relation *relation,
                         int64_t after_ns) {
    uint32_t server = exchange_server_of(book, relation, false);
    return server != UINT32_MAX && relation->first_ns != CLOCK_NONE &&
           exchange_session_at(book, server, relation->first_ns, AROUND_NS, after_ns) != NULL;
}

static bool text_has(struct slice text, const char *part) {
    struct slice wanted = slice_of_string(part);
    for (size_t i = 0; i + wanted.size <= text.size; i++)
        if (memcmp(text.data + i, wanted.data, wanted.size) == 0)
            return true;
    return false;
}

static void cmdlet_take(struct exchange_book *book, const struct relation *cmdlet) {
    if (slice_ends(cmdlet->artefact, SLICE("virtualdirectory")) &&
        !slice_starts(cmdlet->artefact, SLICE("get-")) && near_session(book, cmdlet, AROUND_NS))
        exchange_sign_add(book, cmdlet, EXCHANGE_LINK_TIDY, cmdlet->artefact, SLICE(""));
}

// A page in a folder that the mail server's web pages are given out from, or what ASP.NET made of
// one when it was first asked for.
static bool file_is_page(const struct relation *file) {
    static const struct slice ENDS[] = {SLICE(".aspx"), SLICE(".ashx"), SLICE(".asmx"),
                                        SLICE(".asax"), SLICE(".asp"),  SLICE(".compiled")};
    if (!text_has(file->artefact, "\\frontend\\httpproxy\\") &&
        !text_has(file->artefact, "\\clientaccess\\") &&
        !text_has(file->artefact, "\\inetpub\\wwwroot\\") &&
        !text_has(file->artefact, "\\temporary asp.net files\\"))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(ENDS); i++)
        if (slice_ends(file->artefact, ENDS[i]))
            return true;
    return false;
}

static struct slice file_name(struct slice path) {
    size_t from = path.size;
    while (from && path.data[from - 1] != '\\')
        from--;
    return slice_part(path, from, SIZE_MAX);
}

// "x.aspx.1a2b3c4d.compiled" is made whenever a page is first asked for: it speaks of a page that
// was written. Files come in the order of time, so that the page is known.
static bool page_was_written(const struct exchange_book *book, struct slice compiled) {
    for (uint32_t i = 0; i < book->sign_count; i++) {
        struct slice name = file_name(book->signs[i].text);
        if (book->signs[i].link == EXCHANGE_LINK_PAGE && name.size && name.size < compiled.size &&
            slice_starts(compiled, name) && compiled.data[name.size] == '.')
            return true;
    }
    return false;
}

static void file_take(struct exchange_book *book, const struct relation *file) {
    if (slice_equal(file->detail[2], SLICE("deleted")) || !file_is_page(file) ||
        !near_session(book, file, PAGE_AFTER_NS))
        return;
    if (slice_ends(file->artefact, SLICE(".compiled")) &&
        !page_was_written(book, file_name(file->artefact)))
        return;
    if (slice_ends(file->detail[1], SLICE("\\exsetup.exe")) ||
        slice_ends(file->detail[1], SLICE("\\msiexec.exe")))
        return;
    exchange_sign_add(book, file, EXCHANGE_LINK_PAGE, file->artefact, SLICE(""));
}

static bool ends_with_one(struct slice path, const char *const *ends, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (slice_ends(path, slice_of_string(ends[i])))
            return true;
    return false;
}

static void spawn_take(struct exchange_book *book, const struct relation *spawn) {
    static const char *const PARENTS[] = {"\\w3wp.exe", "\\umworkerprocess.exe"};
    static const char *const USUAL[] = {"\\csc.exe",      "\\cvtres.exe", "\\conhost.exe",
                                        "\\werfault.exe", "\\wermgr.exe", "\\vbc.exe",
                                        "\\w3wp.exe",     "\\dw20.exe",   "\\aspnet_compiler.exe"};
    char parent[RELATION_PART_BYTES_MAX];
    size_t size = spawn->detail[0].size < sizeof parent ? spawn->detail[0].size : sizeof parent;
    text_fold_ascii(spawn->detail[0].data, size, (uint8_t *)parent);
    if (!ends_with_one(slice_of(parent, size), PARENTS, ARRAY_SIZE(PARENTS)) ||
        ends_with_one(spawn->artefact, USUAL, ARRAY_SIZE(USUAL)) ||
        !near_session(book, spawn, AROUND_NS))
        return;
    exchange_sign_add(book, spawn, EXCHANGE_LINK_RUN,
                      spawn->detail[1].size ? spawn->detail[1] : spawn->artefact, SLICE(""));
}

// A page or program that merely stands near a session joins it; sessions keep the span that the
// attack itself has.
static void sessions_join(struct exchange_book *book) {
    for (uint32_t i = 0; i < book->sign_count; i++) {
        const struct exchange_sign *sign = &book->signs[i];
        int64_t after = sign->link == EXCHANGE_LINK_PAGE ? PAGE_AFTER_NS : AROUND_NS;
        for (uint32_t k = 0; k < book->session_count; k++) {
            struct exchange_session *session = &book->sessions[k];
            if (session->server == sign->server &&
                sign->first_ns >= session->first_ns - AROUND_NS &&
                sign->first_ns - after <= session->last_ns)
                session->links |= 1u << sign->link;
        }
    }
}

enum status exchange_find_sessions(struct exchange_book *book, struct problem *problem) {
    enum status status = relations_take(book, RELATION_MASK(RULE_HIT), hit_take, problem);
    if (status != STATUS_OK)
        return status;
    sessions_make(book);
    if (book->session_count == 0)
        return STATUS_OK;
    status = relations_take(book, RELATION_MASK(CMDLET), cmdlet_take, problem);
    if (status == STATUS_OK)
        status = relations_take(book, RELATION_MASK(FILE), file_take, problem);
    if (status == STATUS_OK)
        status = relations_take(book, RELATION_MASK(SPAWN), spawn_take, problem);
    if (status != STATUS_OK)
        return status;
    qsort(book->signs, book->sign_count, sizeof *book->signs, sign_compare);
    sessions_join(book);
    return STATUS_OK;
}

void exchange_cite(struct draft *draft, const struct exchange_cited *sets, uint32_t count) {
    struct relation cited = {
        .kind = RELATION_RULE_HIT, .first_ns = CLOCK_NONE, .last_ns = CLOCK_NONE};
    struct reference references[FINDING_REFERENCES_MAX];
    bool more = true;
    for (uint32_t turn = 0; more && cited.reference_count < FINDING_REFERENCES_MAX; turn++) {
        more = false;
        for (uint32_t i = 0; i < count && cited.reference_count < FINDING_REFERENCES_MAX; i++) {
            if (turn >= sets[i].count)
                continue;
            more = true;
            reference_insert(references, &cited.reference_count, &sets[i].references[turn]);
        }
    }
    cited.references = references;
    draft_cite(draft, &cited);
}
