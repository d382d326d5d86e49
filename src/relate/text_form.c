// What becomes of a text on its way into a relation
// SPDX-License-Identifier: Apache-2.0
#include "relate/text_form.h"

#include "base/digest.h"
#include "base/text.h"
#include "model/hosts.h"
#include "model/relation.h"
#include "model/web_path.h"
#include "model/windows_channel.h"

#include <assert.h>

static const char *const NAMES[] = {
#define FORM(id, name) name,
#include "relate/text_form.def"
#undef FORM
};

bool text_form_parse(struct slice name, enum text_form *ret_form) {
    for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++)
        if (slice_equal_string(name, NAMES[i])) {
            *ret_form = (enum text_form)i;
            return true;
        }
    return false;
}

static struct slice form_trim(struct slice text) {
    while (text.size && (text.data[0] <= ' '))
        text = slice_part(text, 1, SIZE_MAX);
    while (text.size && text.data[text.size - 1] <= ' ')
        text.size--;
    return text;
}

static struct slice form_host(struct slice text) {
    while (text.size && text.data[0] == '\\')
        text = slice_part(text, 1, SIZE_MAX);
    if (text_starts_fold_ascii(text, SLICE("::ffff:")) && memchr(text.data, '.', text.size))
        text = slice_part(text, 7, SIZE_MAX);
    if (text.size > 2 && text.data[0] == '[' && text.data[text.size - 1] == ']')
        text = slice_part(text, 1, text.size - 2);
    while (text.size && (text.data[text.size - 1] == '.' || text.data[text.size - 1] == '$'))
        text.size--;
    static const struct slice OWN[] = {SLICE("::1"),     SLICE("localhost"), SLICE("local"),
                                       SLICE("0.0.0.0"), SLICE("::"),        SLICE("-")};
    for (size_t i = 0; i < ARRAY_SIZE(OWN); i++)
        if (text_equal_fold_ascii(text, OWN[i]))
            return (struct slice){NULL, 0};
    return slice_starts(text, SLICE("127.")) ? (struct slice){NULL, 0} : text;
}

// "cifs/host.domain:445/REALM"
static struct slice form_service(struct slice text) {
    if (text_starts_fold_ascii(text, SLICE("krbtgt")))
        return (struct slice){NULL, 0};
    const uint8_t *slash = text.size ? memchr(text.data, '/', text.size) : NULL;
    if (!slash)
        return text.size && text.data[text.size - 1] == '$' ? form_host(text)
                                                            : (struct slice){NULL, 0};
    text = slice_part(text, (size_t)(slash - text.data) + 1, SIZE_MAX);
    size_t size = 0;
    while (size < text.size && text.data[size] != '/' && text.data[size] != ':')
        size++;
    return form_host(slice_part(text, 0, size));
}

static bool is_hexadecimal(struct slice text) {
    for (size_t i = 0; i < text.size; i++)
        if (text_hex_digit(text.data[i]) < 0)
            return false;
    return true;
}

static struct slice form_sha256(struct slice text) {
    enum {
        DIGITS = 2 * DIGEST_SHA256_SIZE
    };
    size_t at = text_find_fold_ascii(text, 0, SLICE("SHA256="));
    if (at != SIZE_MAX)
        text = slice_part(text, at + 7, DIGITS);
    return text.size == DIGITS && is_hexadecimal(text) ? text : (struct slice){NULL, 0};
}

// What stands between <Name> and </Name>; empty when there is none.
static struct slice form_element(struct slice text, struct slice open, struct slice close) {
    size_t from = text_find_fold_ascii(text, 0, open);
    if (from == SIZE_MAX)
        return (struct slice){NULL, 0};
    text = slice_part(text, from + open.size, SIZE_MAX);
    size_t size = text_find_fold_ascii(text, 0, close);
    return size == SIZE_MAX ? (struct slice){NULL, 0} : form_trim(slice_part(text, 0, size));
}

// Registry values from which programs start (ATT&CK T1547.001, T1546.012, T1547.004, T1543.003).
static struct slice form_autostart(struct slice text) {
    static const struct slice KEYS[] = {
        SLICE("\\CurrentVersion\\Run\\"),
        SLICE("\\CurrentVersion\\RunOnce\\"),
        SLICE("\\CurrentVersion\\RunOnceEx\\"),
        SLICE("\\CurrentVersion\\Policies\\Explorer\\Run\\"),
        SLICE("\\CurrentVersion\\Image File Execution Options\\"),
        SLICE("\\CurrentVersion\\Winlogon\\Shell"),
        SLICE("\\CurrentVersion\\Winlogon\\Userinit"),
        SLICE("\\CurrentVersion\\Windows\\AppInit_DLLs"),
        SLICE("\\CurrentVersion\\SilentProcessExit\\"),
        SLICE("\\Active Setup\\Installed Components\\"),
        SLICE("\\Explorer\\User Shell Folders\\Startup"),
        SLICE("\\Environment\\UserInitMprLogonScript"),
        SLICE("\\Control\\Lsa\\Security Packages"),
        SLICE("\\Control\\Lsa\\Notification Packages"),
        SLICE("\\InprocServer32"),
    };
    if (text_find_fold_ascii(text, 0, SLICE("\\Services\\")) != SIZE_MAX &&
        (text_ends_fold_ascii(text, SLICE("\\ImagePath")) ||
         text_ends_fold_ascii(text, SLICE("\\ServiceDll"))))
        return text;
    for (size_t i = 0; i < ARRAY_SIZE(KEYS); i++)
        if (text_find_fold_ascii(text, 0, KEYS[i]) != SIZE_MAX)
            return text;
    return (struct slice){NULL, 0};
}

// WriteData, AppendData, WriteEA, DeleteChild, WriteAttributes, DELETE (MS-DTYP 2.4.3).
static struct slice form_access(struct slice text) {
    enum {
        WRITES = 0x2 | 0x4 | 0x10 | 0x40 | 0x100 | 0x10000
    };
    int64_t mask;
    if (!text_integer(text, &mask))
        return (struct slice){NULL, 0};
    return mask & WRITES ? SLICE("written") : SLICE("read");
}

static struct slice form_failed(struct slice text) {
    int64_t status;
    bool fine = text_integer(text, &status) && status == 0;
    return fine ? (struct slice){NULL, 0} : SLICE("failed");
}

static struct slice form_url_rest(struct slice text) {
    size_t at = text_find_fold_ascii(text, 0, SLICE("://"));
    return at == SIZE_MAX ? text : slice_part(text, at + 3, SIZE_MAX);
}

static struct slice form_url_host(struct slice text) {
    text = form_url_rest(text);
    size_t size = 0;
    while (size < text.size && !memchr("/?#", text.data[size], 3))
        size++;
    text = slice_part(text, 0, size);
    const uint8_t *at = text.data ? memrchr(text.data, '@', text.size) : NULL;
    if (at)
        text = slice_part(text, (size_t)(at - text.data) + 1, SIZE_MAX);
    const uint8_t *bracket = text.size ? memchr(text.data, ']', text.size) : NULL;
    if (bracket)
        return form_host(slice_part(text, 0, (size_t)(bracket - text.data) + 1));
    const uint8_t *colon = text.size ? memchr(text.data, ':', text.size) : NULL;
    return form_host(colon ? slice_part(text, 0, (size_t)(colon - text.data)) : text);
}

static struct slice form_url_path(struct slice text) {
    if (text_find_fold_ascii(text, 0, SLICE("://")) != SIZE_MAX) {
        text = form_url_rest(text);
        const uint8_t *slash = text.size ? memchr(text.data, '/', text.size) : NULL;
        if (!slash)
            return SLICE("/");
        text = slice_part(text, (size_t)(slash - text.data), SIZE_MAX);
    }
    size_t size = 0;
    while (size < text.size && text.data[size] != '?' && text.data[size] != '#')
        size++;
    return slice_part(text, 0, size);
}

// What updates come as: programs, installers, archives, patches.
static struct slice form_package(struct slice text) {
    static const struct slice ENDS[] = {
        SLICE(".exe"),  SLICE(".msi"),   SLICE(".msp"), SLICE(".msu"),   SLICE(".cab"),
        SLICE(".zip"),  SLICE(".7z"),    SLICE(".rar"), SLICE(".dll"),   SLICE(".pkg"),
        SLICE(".upd"),  SLICE(".patch"), SLICE(".dat"), SLICE(".nupkg"), SLICE(".deb"),
        SLICE(".rpm"),  SLICE(".gz"),    SLICE(".xz"),  SLICE(".bin"),   SLICE(".appx"),
        SLICE(".msix"), SLICE(".jar"),   SLICE(".apk"),
    };
    text = form_url_path(text);
    for (size_t i = 0; i < ARRAY_SIZE(ENDS); i++)
        if (text_ends_fold_ascii(text, ENDS[i]))
            return text;
    return (struct slice){NULL, 0};
}

static struct slice form_domain(struct slice text) {
    const uint8_t *at = memchr(text.data, '@', text.size);
    if (!at)
        return (struct slice){NULL, 0};
    text = slice_part(text, (size_t)(at - text.data) + 1, SIZE_MAX);
    size_t size = 0;
    while (size < text.size && !memchr(";,> ", text.data[size], 4))
        size++;
    return slice_part(text, 0, size);
}

static struct slice form_cmdlet(struct slice text) {
    size_t size = 0;
    while (size < text.size && !memchr(".= ;", text.data[size], 4))
        size++;
    return slice_part(text, 0, size);
}

// The message of Exchange's cmdlet log, where a shipper kept that alone; the spelling is
// Exchange's.
static struct slice form_told(struct slice text, bool parameters) {
    static const struct slice START = SLICE("Cmdlet "), MIDDLE = SLICE(". Cmdlet "),
                              END = SLICE(", parameters ");
    size_t name = 0, end = 0;
    if (!slice_starts(text, START))
        return (struct slice){NULL, 0};
    for (size_t i = START.size; i < text.size && !end; i++) {
        if (!name && slice_starts(slice_part(text, i, SIZE_MAX), MIDDLE))
            name = i + MIDDLE.size;
        else if (name && text.data[i] == ',')
            end = i;
    }
    if (!end || !slice_starts(slice_part(text, end, SIZE_MAX), END))
        return (struct slice){NULL, 0};
    if (!parameters)
        return slice_part(text, name, end - name);
    struct slice rest = slice_part(text, end + END.size, SIZE_MAX);
    return slice_part(rest, 0, rest.size - (slice_ends(rest, SLICE(".")) ? 1 : 0));
}

// States in which no connection came to be (docs.zeek.org, conn.log).
static struct slice form_refused(struct slice text) {
    static const struct slice STATES[] = {SLICE("S0"),    SLICE("REJ"), SLICE("RSTOS0"),
                                          SLICE("RSTRH"), SLICE("SH"),  SLICE("SHR")};
    for (size_t i = 0; i < ARRAY_SIZE(STATES); i++)
        if (slice_equal(text, STATES[i]))
            return SLICE("refused");
    return (struct slice){NULL, 0};
}

// A flow from a service's port to a client's: registered ports end at 49151, but Linux clients
// begin at 32768 (RFC 6335 6, ip_local_port_range).
static struct slice form_reverse(struct slice text) {
    enum {
        SERVICES_END = 1024,
        CLIENTS_BEGIN = 32768
    };
    const uint8_t *slash = memchr(text.data, '/', text.size);
    int64_t from, to;
    if (!slash || !text_integer(slice_part(text, 0, (size_t)(slash - text.data)), &from) ||
        !text_integer(slice_part(text, (size_t)(slash - text.data) + 1, SIZE_MAX), &to))
        return (struct slice){NULL, 0};
    bool answer = (from < SERVICES_END && to >= SERVICES_END) ||
                  (from < CLIENTS_BEGIN && to >= CLIENTS_BEGIN);
    return answer ? SLICE("yes") : (struct slice){NULL, 0};
}

// Few large transfers stand beside many small ones between the same ends: kept apart, they keep
// days and references of their own.
static struct slice form_bulk(struct slice text) {
    static const struct slice SIZES[] = {SLICE("256K"), SLICE("1M"),  SLICE("4M"),
                                         SLICE("16M"),  SLICE("64M"), SLICE("256M"),
                                         SLICE("1G"),   SLICE("4G"),  SLICE("16G")};
    int64_t bytes;
    size_t size = 0;
    if (!text_integer(text, &bytes) || bytes < 1 << 18)
        return (struct slice){NULL, 0};
    while (size + 1 < ARRAY_SIZE(SIZES) && bytes >> (20 + 2 * size))
        size++;
    return SIZES[size];
}

// \device\harddiskvolume3\windows\x -> \windows\x; the letter is put before it by the caller.
static struct slice form_device(struct slice text, bool *ret_cut) {
    static const struct slice DEVICE = SLICE("\\device\\harddiskvolume");
    *ret_cut = false;
    if (!text_starts_fold_ascii(text, DEVICE))
        return text;
    size_t at = DEVICE.size;
    while (at < text.size && text.data[at] >= '0' && text.data[at] <= '9')
        at++;
    *ret_cut = true;
    return slice_part(text, at, SIZE_MAX);
}

// `text` lies in the buffer behind `start`, or is a literal; only that one may need more room.
static bool form_put(struct buffer *buffer, size_t start, struct slice text) {
    text = text_cut(text, RELATION_PART_BYTES_MAX);
    if (text.size > buffer->size - start && !buffer_reserve(buffer, text.size))
        text.size = 0;
    if (text.size)
        memmove(buffer->data + start, text.data, text.size);
    buffer->size = start + text.size;
    return text.size > 0;
}

// Addresses of IPv6 are written in many ways.
static bool form_put_host(struct buffer *buffer, size_t start, struct slice text) {
    char plain[ADDRESS_TEXT_SIZE];
    text = form_host(text);
    if (text.size && memchr(text.data, ':', text.size))
        text = form_host(address_plain(text, plain));
    return form_put(buffer, start, text);
}

// A machine's account, as a principal or not: PC-01$, PC-01$@REALM, PC-01$/REALM.
static struct slice form_machine(struct slice text) {
    const uint8_t *dollar = memchr(text.data, '$', text.size);
    size_t size = dollar ? (size_t)(dollar - text.data) : 0;
    if (size + 1 < text.size && text.data[size + 1] != '@' && text.data[size + 1] != '/')
        size = 0;
    return form_host(slice_part(text, 0, size));
}

// user/REALM, as Kerberos writes it -> user@REALM
static bool form_put_principal(struct buffer *buffer, size_t start, struct slice text) {
    uint8_t *slash = memchr(buffer->data + (text.data - buffer->data), '/', text.size);
    if (slash)
        *slash = '@';
    return form_put(buffer, start, text);
}

static bool form_put_lower(struct buffer *buffer, size_t start, struct slice text) {
    if (!form_put(buffer, start, text))
        return false;
    text_fold_ascii(buffer->data + start, buffer->size - start, buffer->data + start);
    return true;
}

static bool form_put_task(struct buffer *buffer, size_t start, struct slice text) {
    struct slice command = form_element(text, SLICE("<Command>"), SLICE("</Command>"));
    // Some shippers leave the escapes of the XML around it.
    if (command.size == 0)
        command = form_element(text, SLICE("&lt;Command&gt;"), SLICE("&lt;/Command&gt;"));
    if (command.size == 0)
        return form_put(buffer, start, text);
    struct slice arguments = form_element(text, SLICE("<Arguments>"), SLICE("</Arguments>"));
    if (arguments.size == 0)
        arguments = form_element(text, SLICE("&lt;Arguments&gt;"), SLICE("&lt;/Arguments&gt;"));
    // Both lie behind `start` with a tag before each, so that nothing is overwritten unread.
    if (arguments.size && arguments.data < command.data)
        arguments.size = 0;
    memmove(buffer->data + start, command.data, command.size);
    size_t size = command.size;
    if (arguments.size) {
        buffer->data[start + size++] = ' ';
        memmove(buffer->data + start + size, arguments.data, arguments.size);
        size += arguments.size;
    }
    return form_put(buffer, start, slice_of(buffer->data + start, size));
}

static bool form_put_device(struct buffer *buffer, size_t start, struct slice text) {
    bool cut;
    struct slice rest = form_device(text, &cut);
    if (cut && rest.size) {
        // The device's name is longer than "c:", so that there is room.
        memmove(buffer->data + start + 2, rest.data, rest.size);
        memcpy(buffer->data + start, "c:", 2);
        rest = slice_of(buffer->data + start, rest.size + 2);
    }
    return form_put_lower(buffer, start, rest);
}

static bool form_put_web_path(struct buffer *buffer, size_t start, struct slice text) {
    struct web_path path;
    size_t at = (size_t)(text.data - buffer->data);
    size_t end = buffer->size;
    // Room first: the text must not move while it is read.
    if (!buffer_reserve(buffer, text.size + 1))
        return form_put(buffer, start, (struct slice){NULL, 0});
    web_path_normalise(slice_of(buffer->data + at, text.size), buffer, &path);
    if (buffer->size > end)
        memmove(buffer->data + start, buffer->data + end, buffer->size - end);
    return form_put(buffer, start, slice_of(buffer->data + start, buffer->size - end));
}

static bool form_put_digest(struct buffer *buffer, size_t start, struct slice text) {
    enum {
        DIGITS = 16
    };
    uint8_t digest[DIGEST_SHA256_SIZE];
    char hex[DIGEST_SHA256_HEX_SIZE];
    uint8_t *at = buffer->data + (text.data - buffer->data);
    text_fold_ascii(text.data, text.size, at);
    digest_sha256(text, digest);
    digest_hex(digest, hex);
    return form_put(buffer, start, slice_of(hex, DIGITS));
}

static bool form_put_volume(struct buffer *buffer, size_t start, struct slice text) {
    if (slice_starts(text, SLICE(".\\"))) {
        size_t at = (size_t)(text.data - buffer->data);
        if (!buffer_reserve(buffer, 1))
            return form_put(buffer, start, (struct slice){NULL, 0});
        memmove(buffer->data + at + 2, buffer->data + at + 1, text.size - 1);
        memcpy(buffer->data + at, "c:", 2);
        text = slice_of(buffer->data + at, text.size + 1);
        buffer->size = at + text.size;
    }
    return form_put_lower(buffer, start, text);
}

static bool form_is_inside(struct slice text) {
    return address_is_address(text) && !address_is_outside(text);
}

static bool form_put_log(struct buffer *buffer, size_t start, struct slice text) {
    enum log_service service = windows_channel_service(text);
    return service == LOG_SERVICE_NONE
               ? form_put_lower(buffer, start, text)
               : form_put(buffer, start, slice_of_string(log_service_text(service)));
}

// Forms that change the text in ways of their own.
static bool form_put_other(enum text_form form, struct buffer *buffer, size_t start,
                           struct slice text) {
    switch (form) {
    case TEXT_FORM_TASK:
        return form_put_task(buffer, start, text);
    case TEXT_FORM_DEVICE:
        return form_put_device(buffer, start, text);
    case TEXT_FORM_WEB_PATH:
        return form_put_web_path(buffer, start, text);
    case TEXT_FORM_DIGEST:
        return form_put_digest(buffer, start, text);
    case TEXT_FORM_PRINCIPAL:
        return form_put_principal(buffer, start, text);
    case TEXT_FORM_VOLUME:
        return form_put_volume(buffer, start, text);
    case TEXT_FORM_LOG:
        return form_put_log(buffer, start, text);
    default:
        return form_put(buffer, start, text);
    }
}

bool text_form_apply(enum text_form form, struct buffer *buffer, size_t start) {
    assert(start <= buffer->size);
    struct slice text =
        form_trim(slice_of(buffer->data ? buffer->data + start : NULL, buffer->size - start));
    if (text.size == 0 || slice_equal(text, SLICE("-"))) {
        buffer->size = start;
        return false;
    }
    switch (form) {
    case TEXT_FORM_LOWER:
        return form_put_lower(buffer, start, text);
    case TEXT_FORM_HOST:
        return form_put_host(buffer, start, text);
    case TEXT_FORM_SERVICE:
        return form_put(buffer, start, form_service(text));
    case TEXT_FORM_MACHINE:
        return form_put(buffer, start, form_machine(text));
    case TEXT_FORM_SHA256:
        return form_put_lower(buffer, start, form_sha256(text));
    case TEXT_FORM_AUTOSTART:
        return form_put(buffer, start, form_autostart(text));
    case TEXT_FORM_ACCESS:
        return form_put(buffer, start, form_access(text));
    case TEXT_FORM_FAILED:
        return form_put(buffer, start, form_failed(text));
    case TEXT_FORM_URL_HOST:
        return form_put(buffer, start, form_url_host(text));
    case TEXT_FORM_URL_PATH:
        return form_put_lower(buffer, start, form_url_path(text));
    case TEXT_FORM_PACKAGE:
        return form_put_lower(buffer, start, form_package(text));
    case TEXT_FORM_DOMAIN:
        return form_put_lower(buffer, start, form_domain(text));
    case TEXT_FORM_CMDLET:
        return form_put_lower(buffer, start, form_cmdlet(text));
    case TEXT_FORM_TOLD_CMDLET:
        return form_put_lower(buffer, start, form_told(text, false));
    case TEXT_FORM_TOLD_PARAMETERS:
        return form_put(buffer, start, form_told(text, true));
    case TEXT_FORM_INSIDE:
        return form_put(buffer, start, form_is_inside(text) ? text : (struct slice){NULL, 0});
    case TEXT_FORM_REFUSED:
        return form_put(buffer, start, form_refused(text));
    case TEXT_FORM_UNLUCKY:
        return form_put(buffer, start,
                        (text.data[0] | 0x20) == 'f' ? SLICE("failed") : (struct slice){NULL, 0});
    case TEXT_FORM_REVERSE:
        return form_put(buffer, start, form_reverse(text));
    case TEXT_FORM_BULK:
        return form_put(buffer, start, form_bulk(text));
    default:
        return form_put_other(form, buffer, start, text);
    }
}
