// What one server was asked for, by whom
// SPDX-License-Identifier: Apache-2.0
#include "detect/web_site.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "detect/document_product.h"
#include "detect/path_name.h"
#include "detect/reading.h"
#include "detect/web_stem.h"
#include "model/web_path.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// A hit is a request of an outside client without account, to a path that is not ordinary, that
// - was refused (4xx but 404) or met an error, on a page, a method with a body, or with a query;
// - or was written in another way than it means and was not simply not found;
// - or got an answer where others of its kind were refused: what was tried then worked;
// - or sent a body to a static file and got an answer.
enum {
    ARENA_BYTES_MAX = 96 << 20
};

static void site_reset(struct web_site *site, struct slice name, uint32_t host) {
    arena_reset(&site->arena);
    site->name = arena_keep(&site->arena, name);
    site->host = host;
    site->stem_count = site->row_count = site->missing_rows = site->net_count = 0;
    site->spawn_count = site->file_count = site->listed_pages = site->product_count = 0;
    site->hits = 0;
    site->requests = site->left_out = 0;
    site->first_ns = site->last_ns = site->logged_ns = CLOCK_NONE;
    site->has_no_referrer = site->has_taken = false;
    table_reset(&site->net_table);
}

static void *grow(void *items, uint32_t count, uint32_t *room, size_t size) {
    if (count < *room)
        return items;
    *room = *room ? *room * 2 : 256;
    return memory_resize(items, *room, size);
}

static uint64_t hash_text(struct slice text) {
    uint64_t hash = 14695981039346656037ull;
    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ text.data[i]) * 1099511628211ull;
    return hash;
}

// "203.0.113.7" is of "203.0.113", "2001:db8:1:2::3" of "2001:db8:1".
static struct slice network_of(struct slice address) {
    bool wide = address.size && memchr(address.data, ':', address.size);
    size_t left = 3;
    for (size_t i = 0; i < address.size; i++)
        if (address.data[i] == (wide ? ':' : '.') && --left == 0)
            return slice_part(address, 0, i);
    return address;
}

static uint32_t site_net(struct web_site *site, struct slice address) {
    uint64_t hash = hash_text(network_of(address));
    uint32_t number = table_find(&site->net_table, hash, NULL, NULL, NULL);
    if (number != TABLE_NONE)
        return number;
    site->nets = grow(site->nets, site->net_count, &site->net_room, sizeof *site->nets);
    site->nets[site->net_count] = (struct web_net){.hash = hash, .first_missing_ns = CLOCK_NONE};
    table_add(&site->net_table, hash, site->net_count);
    return site->net_count++;
}

static enum web_answer answer_of(struct slice status) {
    int64_t code = 0;
    if (!text_integer(status, &code))
        return WEB_ANSWER_MOVED;
    if (code == 404 || code == 410)
        return WEB_ANSWER_MISSING;
    if (code >= 500)
        return WEB_ANSWER_FAILED;
    if (code >= 400)
        return WEB_ANSWER_REFUSED;
    return code >= 200 && code < 300 ? WEB_ANSWER_GOOD : WEB_ANSWER_MOVED;
}

static bool has_mark(const struct relation *relation, char mark) {
    return relation->detail[2].size &&
           memchr(relation->detail[2].data, mark, relation->detail[2].size) != NULL;
}

static struct web_row row_of(const struct relation *relation) {
    struct slice account = relation->account;
    return (struct web_row){
        .relation = *relation,
        .answer = answer_of(relation->detail[1]),
        .outside = relation->from_host == RELATION_NO_HOST && address_is_outside(relation->from),
        .named = account.size && account.data[account.size - 1] != '$',
        .post = slice_equal_string(relation->detail[0], "POST") ||
                slice_equal_string(relation->detail[0], "PUT"),
        .odd = has_mark(relation, 'R'),
        .query = has_mark(relation, 'Q'),
        .no_referrer = has_mark(relation, 'N'),
    };
}

static int row_compare(const void *left, const void *right) {
    const struct web_row *a = left, *b = right;
    if (a->relation.first_ns != b->relation.first_ns)
        return a->relation.first_ns < b->relation.first_ns ? -1 : 1;
    int order = slice_compare(a->relation.from, b->relation.from);
    for (size_t i = 0; i < RELATION_DETAILS && order == 0; i++)
        order = slice_compare(a->relation.detail[i], b->relation.detail[i]);
    return order ? order : slice_compare(a->relation.account, b->relation.account);
}

// What of a finished stem's rows is kept.
static bool row_is_kept(const struct web_stem *stem, struct web_row *row) {
    if (!stem->ordinary)
        return row->outside || stem->inside_clients + stem->outside_clients <= 2;
    bool stands_out = row->outside && stem->nets <= 2 &&
                      (stem->admin || (!row->named && row->post && !stem->inside_posts) ||
                       (!row->named && row->relation.count >= 5));
    row->existing = stands_out;
    return stands_out;
}

// A path that ordinary clients use says which product it is.
static void site_note_product(struct web_site *site, const struct web_stem *stem,
                              const struct relation *relation) {
    const char *name = stem->ordinary ? document_product_of(stem->path) : NULL;
    if (!name)
        return;
    for (uint32_t i = 0; i < site->product_count; i++)
        if (strcmp(site->products[i].name, name) == 0) {
            site->products[i].requests += stem->requests;
            site->products[i].stems++;
            return;
        }
    struct web_product *product = &site->products[site->product_count];
    if (site->product_count == WEB_PRODUCTS_MAX ||
        !web_relation_keep(&site->arena, relation, &product->relation))
        return;
    product->name = name;
    product->requests = stem->requests;
    product->stems = 1;
    site->product_count++;
}

static void site_add_stem(struct web_site *site, struct stem_gathering *gathering) {
    struct web_stem stem;
    stem_gathering_end(gathering, &stem);
    if (stem.requests == 0 || site->stem_count == WEB_STEMS_MAX) {
        site->left_out += stem.requests;
        return;
    }
    if (gathering->row_count)
        site_note_product(site, &stem, &gathering->rows[0].relation);
    stem.row_start = site->row_count;
    struct slice path = arena_keep(&site->arena, stem.path);
    for (uint32_t i = 0; i < gathering->row_count; i++) {
        struct web_row *row = &gathering->rows[i];
        bool missing = row->answer == WEB_ANSWER_MISSING;
        uint32_t room = missing ? WEB_MISSING_ROWS_MAX : WEB_ROWS_MAX;
        if (!row_is_kept(&stem, row))
            continue;
        site->rows = grow(site->rows, site->row_count, &site->row_room, sizeof *site->rows);
        struct web_row *kept = &site->rows[site->row_count];
        *kept = *row;
        if ((missing ? site->missing_rows : site->row_count - site->missing_rows) == room ||
            !web_relation_keep(&site->arena, &row->relation, &kept->relation)) {
            site->left_out += row->relation.count;
            continue;
        }
        kept->stem = site->stem_count;
        kept->net = row->outside ? site_net(site, row->relation.from) : 0;
        site->missing_rows += missing;
        site->row_count++;
    }
    stem.row_count = site->row_count - stem.row_start;
    if (stem.row_count == 0)
        return;
    stem.path = path;
    qsort(site->rows + stem.row_start, stem.row_count, sizeof *site->rows, row_compare);
    site->stems = grow(site->stems, site->stem_count, &site->stem_room, sizeof *site->stems);
    site->stems[site->stem_count++] = stem;
}

// Requests that went through a proxy, or to somebody else's server, are not this site's.
static bool request_counts(const struct relation *relation) {
    return relation->first_ns != CLOCK_NONE && relation->artefact.size > 0 &&
           *relation->artefact.data == '/' && !slice_equal_string(relation->detail[0], "CONNECT") &&
           (relation->to_host != RELATION_NO_HOST || !address_is_outside(relation->to)) &&
           !memchr(relation->artefact.data, ':', relation->artefact.size);
}

static void site_request(struct web_site *site, struct stem_gathering *gathering,
                         const struct relation *relation) {
    if (!request_counts(relation))
        return;
    if (!slice_equal(stem_gathering_path(gathering), relation->artefact)) {
        site_add_stem(site, gathering);
        stem_gathering_begin(gathering, relation->artefact);
    }
    struct web_row row = row_of(relation);
    site->requests += relation->count;
    site->has_no_referrer |= row.no_referrer;
    site->has_taken |= relation->taken_ms > 0;
    if (site->first_ns == CLOCK_NONE || relation->first_ns < site->first_ns)
        site->first_ns = relation->first_ns;
    if (relation->last_ns > site->last_ns)
        site->last_ns = relation->last_ns;
    stem_gathering_add(gathering, &row, row.outside ? hash_text(network_of(relation->from)) : 0);
}

static const char *const WORKERS[] = {"w3wp.exe",    "umworkerprocess.exe",
                                      "java.exe",    "javaw.exe",
                                      "java",        "httpd.exe",
                                      "httpd",       "apache2",
                                      "nginx.exe",   "nginx",
                                      "php-cgi.exe", "php-fpm",
                                      "php.exe",     "tomcat.exe",
                                      "tomcat7.exe", "tomcat8.exe",
                                      "tomcat9.exe", "tomcat10.exe",
                                      "node.exe"};

static bool is_worker(struct slice image) {
    struct slice name = path_base(image);
    for (size_t i = 0; i < ARRAY_SIZE(WORKERS); i++)
        if (text_equal_fold_ascii(name, slice_of_string(WORKERS[i])))
            return true;
    return false;
}

static void site_file(struct web_site *site, const struct relation *relation) {
    struct slice name = path_base(relation->artefact);
    bool compiled = slice_ends(name, SLICE(".compiled"));
    if ((!compiled && !web_path_is_script(name)) || site->file_count == WEB_FILES_MAX)
        return;
    struct slice how = relation->detail[2];
    bool listed = slice_equal_string(how, "listed");
    bool created = slice_equal_string(how, "created");
    bool deleted = slice_equal_string(how, "deleted");
    if (!listed && !created && !deleted)
        return;
    site->files = grow(site->files, site->file_count, &site->file_room, sizeof *site->files);
    struct web_file *file = &site->files[site->file_count];
    *file = (struct web_file){
        .listed = listed, .created = created, .deleted = deleted, .compiled = compiled};
    if (!web_relation_keep(&site->arena, relation, &file->relation))
        return;
    file->name = path_base(file->relation.artefact);
    file->by_worker = created && is_worker(file->relation.detail[1]);
    site->listed_pages += listed && !compiled;
    site->file_count++;
}

static void site_spawn(struct web_site *site, const struct relation *relation) {
    if (is_worker(relation->detail[0]) && site->spawn_count < WEB_SPAWNS_MAX &&
        web_relation_keep(&site->arena, relation, &site->spawns[site->spawn_count]))
        site->spawn_count++;
}

static bool row_is_hit(const struct web_stem *stem, const struct web_row *row) {
    if (!row->outside || row->named || stem->ordinary || row->answer == WEB_ANSWER_MISSING)
        return false;
    bool dynamic = row->post || row->query || stem->script;
    if (row->odd)
        return true;
    if (row->answer == WEB_ANSWER_REFUSED || row->answer == WEB_ANSWER_FAILED)
        return dynamic;
    return row->answer == WEB_ANSWER_GOOD && (stem->refused || (row->post && stem->is_static));
}

static int order_compare(const void *left, const void *right, void *context) {
    const struct web_row *rows = context;
    const struct web_row *a = &rows[*(const uint32_t *)left], *b = &rows[*(const uint32_t *)right];
    if (a->relation.first_ns != b->relation.first_ns)
        return a->relation.first_ns < b->relation.first_ns ? -1 : 1;
    return *(const uint32_t *)left < *(const uint32_t *)right ? -1 : 1;
}

static int child_compare(const void *left, const void *right) {
    const struct web_child *a = left, *b = right;
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    if (a->spawn != b->spawn)
        return a->spawn < b->spawn ? -1 : 1;
    return a->reference < b->reference ? -1 : a->reference > b->reference;
}

static void site_settle_children(struct web_site *site) {
    site->children = memory_resize(site->children, site->spawn_count * FINDING_REFERENCES_MAX + 1u,
                                   sizeof *site->children);
    site->child_count = 0;
    for (uint32_t i = 0; i < site->spawn_count; i++) {
        const struct relation *spawn = &site->spawns[i];
        for (uint32_t k = 0; k < spawn->reference_count; k++) {
            // Requests have corrected times.
            int64_t time_ns = reading_time(site->context, spawn, &spawn->references[k]);
            site->children[site->child_count++] = (struct web_child){time_ns, i, k};
        }
    }
    qsort(site->children, site->child_count, sizeof *site->children, child_compare);
}

static void site_settle(struct web_site *site) {
    site_settle_children(site);
    site->order = memory_resize(site->order, site->row_count + 1, sizeof *site->order);
    for (uint32_t i = 0; i < site->row_count; i++) {
        struct web_row *row = &site->rows[i];
        const struct web_stem *stem = &site->stems[row->stem];
        row->hit = row_is_hit(stem, row);
        site->hits += row->hit;
        site->order[i] = i;
        if (row->outside) {
            struct web_net *net = &site->nets[row->net];
            net->hits += row->hit;
            net->missing += row->answer == WEB_ANSWER_MISSING;
            if (row->answer == WEB_ANSWER_MISSING &&
                (net->first_missing_ns == CLOCK_NONE ||
                 row->relation.first_ns < net->first_missing_ns))
                net->first_missing_ns = row->relation.first_ns;
        }
    }
    qsort_r(site->order, site->row_count, sizeof *site->order, order_compare, site->rows);
}

// All rows of the server have been seen.
static enum status site_end(struct web_site *site, struct stem_gathering *gathering,
                            web_site_take *take, void *taker, struct problem *problem) {
    site_add_stem(site, gathering);
    stem_gathering_begin(gathering, SLICE(""));
    if (site->requests == 0 && site->file_count == 0)
        return STATUS_OK;
    site_settle(site);
    return take(taker, site, problem);
}

static void site_add(struct web_site *site, struct stem_gathering *gathering,
                     const struct relation *relation) {
    if (relation->kind == RELATION_FILE) {
        if (site->name.size) // pages of a folder alone are no server's
            site_file(site, relation);
        return;
    }
    if (relation->first_ns != CLOCK_NONE &&
        (site->logged_ns == CLOCK_NONE || relation->first_ns < site->logged_ns))
        site->logged_ns = relation->first_ns;
    if (relation->kind == RELATION_WEB_REQUEST)
        site_request(site, gathering, relation);
    else
        site_spawn(site, relation);
}

enum status web_sites_each(const struct detect_context *context, web_site_take *take, void *taker,
                           struct problem *problem) {
    struct web_site site = {.context = context,
                            .spawns = memory_new(WEB_SPAWNS_MAX, sizeof *site.spawns)};
    arena_init(&site.arena, ARENA_BYTES_MAX);
    table_init(&site.net_table);
    site_reset(&site, SLICE(""), RELATION_NO_HOST);
    struct stem_gathering *gathering = stem_gathering_new();
    struct reading reading;
    enum status status = reading_open(
        &reading, context, RELATION_MASK(WEB_REQUEST) | RELATION_MASK(SPAWN) | RELATION_MASK(FILE),
        RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        struct slice name = reading_to(context, &reading.relation);
        if (!slice_equal(name, site.name)) {
            status = site_end(&site, gathering, take, taker, problem);
            site_reset(&site, name, reading.relation.to_host);
        }
        if (status == STATUS_OK)
            site_add(&site, gathering, &reading.relation);
    }
    if (status == STATUS_OK)
        status = site_end(&site, gathering, take, taker, problem);
    reading_close(&reading);
    stem_gathering_free(gathering);
    table_done(&site.net_table);
    arena_done(&site.arena);
    memory_free(site.spawns);
    memory_free(site.children);
    memory_free(site.stems);
    memory_free(site.rows);
    memory_free(site.order);
    memory_free(site.nets);
    memory_free(site.files);
    return status;
}

int64_t web_site_hit_before(const struct web_site *site, uint32_t stem, int64_t from_ns,
                            int64_t before_ns) {
    for (uint32_t i = 0; i < site->row_count && site->hits; i++) {
        const struct web_row *row = &site->rows[site->order[i]];
        if (row->relation.first_ns >= before_ns)
            break;
        if (row->hit && row->stem != stem && row->relation.last_ns >= from_ns)
            return row->relation.first_ns;
    }
    return CLOCK_NONE;
}

static struct slice directory_of(struct slice path) {
    struct slice name = path_base(path);
    size_t size = path.size - name.size;
    return size ? path_base(slice_part(path, 0, size - 1)) : SLICE("");
}

const struct web_file *web_site_file(const struct web_site *site, const struct web_stem *stem) {
    struct slice name = path_base(stem->path);
    struct slice directory = directory_of(stem->path);
    for (uint32_t i = 0; i < site->file_count; i++) {
        const struct web_file *file = &site->files[i];
        if (file->compiled || file->deleted || !text_equal_fold_ascii(file->name, name))
            continue;
        if (directory.size == 0 ||
            text_equal_fold_ascii(directory_of(file->relation.artefact), directory))
            return file;
    }
    return NULL;
}

uint32_t web_site_child_from(const struct web_site *site, int64_t time_ns) {
    uint32_t low = 0, high = site->child_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (site->children[middle].time_ns < time_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
