// Files below the web roots of a server (CSV)
// SPDX-License-Identifier: Apache-2.0
#include "drill/document_system.h"
#include "drill/file_store.h"
#include "drill/scenario.h"
#include "drill/upgrade_service.h"

#include <ctype.h>
#include <string.h>

// What a responder lists to tell a page on disk from a path that only memory answers. Static
// pages of the product and what was written there; servlets have no file.
#define HEADER "FullName,Length,LastWriteTimeUtc"
#define EXCHANGE "C:\\Program Files\\Microsoft\\Exchange Server\\V15\\"
#define FRONT EXCHANGE "FrontEnd\\HttpProxy\\"

static const char *const exchange_pages[] = {
    "C:\\inetpub\\wwwroot\\iisstart.htm",
    "C:\\inetpub\\wwwroot\\iisstart.png",
    "C:\\inetpub\\wwwroot\\aspnet_client\\system_web\\4_0_30319\\WebUIValidation.js",
    FRONT "autodiscover\\web.config",
    FRONT "ecp\\web.config",
    FRONT "ecp\\default.aspx",
    FRONT "ews\\web.config",
    FRONT "mapi\\web.config",
    FRONT "oab\\web.config",
    FRONT "powershell\\web.config",
    FRONT "rpc\\web.config",
    FRONT "owa\\web.config",
    FRONT "owa\\auth\\errorFE.aspx",
    FRONT "owa\\auth\\ExpiredPassword.aspx",
    FRONT "owa\\auth\\frowny.aspx",
    FRONT "owa\\auth\\getidtoken.htm",
    FRONT "owa\\auth\\logoff.aspx",
    FRONT "owa\\auth\\logon.aspx",
    FRONT "owa\\auth\\OutlookCN.aspx",
    FRONT "owa\\auth\\RedirSuiteServiceProxy.aspx",
    FRONT "owa\\auth\\signout.aspx",
    FRONT "owa\\auth\\TimeoutLogoff.aspx",
    EXCHANGE "ClientAccess\\ecp\\web.config",
    EXCHANGE "ClientAccess\\ecp\\default.aspx",
    EXCHANGE "ClientAccess\\exchweb\\ews\\exchange.asmx",
    EXCHANGE "ClientAccess\\Owa\\web.config",
    EXCHANGE "ClientAccess\\Owa\\default.aspx",
};

static const char *const roots[] = {
    "c:\\inetpub\\wwwroot\\",
    "\\frontend\\httpproxy\\",
    "\\clientaccess\\",
    "\\webapps\\",
    "/webapps/",
    "/srv/",
    "/var/www/",
};

// Pages with a file, not servlets: those whose last part has an extension other than ".do".
static bool has_file(const char *stem) {
    struct slice extension = path_extension(path_name(slice_of_string(stem)));
    return extension.size > 0 && !slice_equal(extension, SLICE(".do")) && !strchr(stem, '?');
}

static void plant_page(struct log *log, const char *home, const char *stem) {
    char path[256];
    snprintf(path, sizeof path, "C:/%s/webapps%s", home, stem);
    for (size_t i = 0; path[i]; i++)
        if (path[i] == '/')
            path[i] = '\\';
    file_log_plant(log, slice_of_string(path), NULL);
}

static void plant_stems(struct log *log, const char *home, const char *const *stems) {
    for (; *stems; stems++)
        if (has_file(*stems))
            plant_page(log, home, *stems);
}

static void plant_document(struct log *log, const struct log_site *site) {
    const struct scenario *scenario = site->organisation->scenario;
    const struct document_system *system =
        document_system_find(scenario ? scenario->document_system : NULL, site->organisation->seed);
    if (!system)
        return;
    char home[DOCUMENT_HOME_SIZE];
    document_system_home(system, site->organisation->seed, home);
    plant_stems(log, home, system->pages);
    plant_stems(log, home, system->admin_pages);
    plant_page(log, home, "/ROOT/index.jsp");
    plant_page(log, home, "/ROOT/WEB-INF/web.xml");
}

static enum status roots_open(const struct log_site *site, struct log **ret_log,
                              struct problem *problem) {
    enum status status = file_log_open_empty(site, ret_log, problem);
    if (status != STATUS_OK)
        return status;
    if (site->host->role == HOST_MAIL)
        for (size_t i = 0; i < ARRAY_SIZE(exchange_pages); i++)
            file_log_plant(*ret_log, slice_of_string(exchange_pages[i]), NULL);
    if (site->host->role == HOST_DOCUMENT)
        plant_document(*ret_log, site);
    if (site->host->role == HOST_UPGRADE) {
        struct deed_content release = upgrade_release(site->organisation->seed, 0);
        file_log_plant(*ret_log, SLICE("/" UPGRADE_FOLDER UPGRADE_PACKAGE_STEM), &release);
        file_log_plant(*ret_log, SLICE("/" UPGRADE_FOLDER "/index.html"), NULL);
    }
    return STATUS_OK;
}

static bool is_below_root(struct slice path) {
    char lower[TEXT_LOG_PATH_MAX];
    size_t size = path.size < sizeof lower - 1 ? path.size : sizeof lower - 1;
    for (size_t i = 0; i < size; i++)
        lower[i] = (char)tolower(path.data[i]);
    lower[size] = 0;
    for (size_t i = 0; i < ARRAY_SIZE(roots); i++)
        if (strstr(lower, roots[i]))
            return true;
    return false;
}

// The catalogue's packages lie where their stem says.
static enum status write_package(struct log *log, const struct log_entry *entry,
                                 struct problem *problem) {
    struct deed deed = *entry->deed;
    struct log_entry written = *entry;
    char path[TEXT_LOG_PATH_MAX];
    struct slice stem = entry->deed->package.stem;
    snprintf(path, sizeof path, "/" UPGRADE_FOLDER "%.*s", (int)stem.size, (const char *)stem.data);
    deed.kind = DEED_FILE_WRITE;
    memset(&deed.file, 0, sizeof deed.file);
    deed.file.content = entry->deed->package.content;
    deed.file.path = slice_of_string(path);
    written.deed = &deed;
    return file_log_write(log, &written, problem);
}

static enum status roots_write(struct log *log, const struct log_entry *entry,
                               struct problem *problem) {
    if (entry->deed->kind == DEED_PACKAGE_CHANGE)
        return write_package(log, entry, problem);
    return is_below_root(entry->deed->file.path) ? file_log_write(log, entry, problem) : STATUS_OK;
}

static void compose(struct log *log, struct buffer *line, size_t number) {
    const struct stored_file *file = &log->files[number];
    text_append_cell(line, file->path);
    buffer_append_format(line, ",%llu,", (unsigned long long)file->content.size_bytes);
    text_append_date(line, file->modified_ns, 0);
    buffer_append_byte(line, ' ');
    text_append_clock(line, file->modified_ns, 0, 0);
}

static enum status roots_close(struct log *log, struct problem *problem) {
    static const struct file_list list = {
        .folder = "inventory",
        .name = "webroot.csv",
        .is_sorted = true,
        .header = HEADER,
        .shown = FILE_SHOWS_MODIFIED,
        .lists = file_is_there,
        .compose = compose,
    };
    return file_log_close(log, &list, problem);
}

const struct log_writer log_writer_web_roots = {
    .name = "web_roots",
    .summary = "files below the web roots at the end of the play (CSV)",
    .kinds = DEED_MASK(FILE_WRITE) | DEED_MASK(FILE_DELETE) | DEED_MASK(PACKAGE_CHANGE),
    .places = PLACE_TO,
    .roles = HOST_MASK(MAIL) | HOST_MASK(DOCUMENT) | HOST_MASK(UPGRADE),
    .open = roots_open,
    .write = roots_write,
    .close = roots_close,
};
