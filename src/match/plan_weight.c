// How often a literal is met: a guess
// SPDX-License-Identifier: Apache-2.0
#include "match/plan_weight.h"

#include "base/bytes.h"
#include "base/digest.h"

// What ordinary events are full of. A literal found in here tells nothing.
static const char commonplace[] =
    "c:\\windows\\system32\\cmd.exe\n"
    "c:\\windows\\system32\\windowspowershell\\v1.0\\powershell.exe -noprofile -noninteractive "
    "-nologo -executionpolicy bypass -command -file -c \"\n"
    "c:\\windows\\syswow64\\windowspowershell\\v1.0\\powershell_ise.exe\n"
    "c:\\windows\\system32\\svchost.exe -k netsvcs -p -s schedule\n"
    "c:\\windows\\system32\\rundll32.exe c:\\windows\\system32\\shell32.dll,control\n"
    "c:\\windows\\explorer.exe\n\\??\\c:\\windows\\system32\\conhost.exe 0xffffffff -forcev1\n"
    "c:\\windows\\system32\\wbem\\wmiprvse.exe -secured -embedding\n"
    "c:\\windows\\system32\\services.exe\nc:\\windows\\system32\\taskhostw.exe\n"
    "c:\\windows\\system32\\wininit.exe\nc:\\windows\\system32\\winlogon.exe\n"
    "c:\\windows\\system32\\lsass.exe\nc:\\windows\\system32\\msiexec.exe /v /i\n"
    "c:\\windows\\system32\\reg.exe add hklm\\software\\microsoft\\windows nt\\currentversion "
    "/v /t reg_sz /d /f query delete\n"
    "c:\\windows\\system32\\net.exe user\nc:\\windows\\system32\\net1.exe\n"
    "c:\\windows\\system32\\sc.exe\nc:\\windows\\system32\\schtasks.exe /create /tn /tr\n"
    "c:\\windows\\system32\\ping.exe -n 1\nc:\\windows\\system32\\findstr.exe\n"
    "c:\\windows\\system32\\find.exe\nc:\\windows\\system32\\dllhost.exe /processid\n"
    "c:\\windows\\system32\\runtimebroker.exe\nc:\\windows\\system32\\searchindexer.exe\n"
    "c:\\windows\\system32\\searchprotocolhost.exe\n"
    "c:\\windows\\system32\\searchfilterhost.exe\n"
    "c:\\program files\\microsoft office\\root\\office16\\winword.exe\n\\excel.exe\n"
    "\\outlook.exe\n\\powerpnt.exe\nc:\\program files (x86)\\microsoft\\edge\\application\\"
    "msedge.exe\nc:\\windows\\system32\\spoolsv.exe\nc:\\windows\\system32\\sihost.exe\n"
    "c:\\windows\\system32\\wscript.exe\nc:\\windows\\system32\\cscript.exe\n"
    "c:\\windows\\system32\\mshta.exe\nc:\\windows\\system32\\regsvr32.exe /s\n"
    "c:\\windows\\microsoft.net\\framework64\\v4.0.30319\\csc.exe\n"
    "c:\\program files\\internet explorer\\iexplore.exe https://www. http://\n"
    "c:\\program files (x86)\\google\\chrome\\application\\chrome.exe --type=\n"
    "c:\\programdata\\c:\\users\\public\\appdata\\local\\temp\\roaming\\downloads\\desktop\\\n"
    "microsoft corporation\nmicrosoft windows operating system\nnt authority\\system\n"
    "hklm\\system\\currentcontrolset\\services\\hku\\software\\classes\\policies\\run\n"
    ".exe .dll .ps1 .bat .vbs .txt .tmp .log .dat .js .com .sys /c start echo set copy type && "
    "> | * 127.0.0.1 10. 0x0 true false system medium high low tcp null - %%1936 s-1-5-18\n";

// Whole values that every second event of some kind has.
static const char everyday[] =
    "\ntrue\nfalse\nsystem\nhigh\nmedium\nlow\nvalid\ntcp\nudp\nnull\n-\n0x0\n0x3e7\n0x3e4\n"
    "negotiate\nkerberos\nntlm\nsuccess\nnt authority\\system\nauthority\n%%1936\n%%1937\n%%1938\n"
    "::1\n127.0.0.1\nget\npost\n200\n0\n1\n2\n3\n5\n80\n443\ns-1-5-18\ns-1-5-21-"
    "\nuser\nenabled\ndisabled\n";

// -log2 of how often a byte stands in folded paths and command lines, in eighths of a bit.
static const uint8_t eighths[128] = {
    [' '] = 33,  ['!'] = 90, ['"'] = 46, ['#'] = 88, ['$'] = 66, ['%'] = 64, ['&'] = 76,
    ['\''] = 66, ['('] = 66, [')'] = 66, ['*'] = 72, ['+'] = 74, [','] = 62, ['-'] = 43,
    ['.'] = 39,  ['/'] = 49, ['0'] = 42, ['1'] = 43, ['2'] = 44, ['3'] = 46, ['4'] = 50,
    ['5'] = 53,  ['6'] = 51, ['7'] = 54, ['8'] = 53, ['9'] = 54, [':'] = 48, [';'] = 66,
    ['<'] = 76,  ['='] = 58, ['>'] = 72, ['?'] = 72, ['@'] = 82, ['['] = 72, ['\\'] = 33,
    [']'] = 72,  ['^'] = 88, ['_'] = 56, ['`'] = 88, ['a'] = 36, ['b'] = 50, ['c'] = 36,
    ['d'] = 38,  ['e'] = 29, ['f'] = 46, ['g'] = 48, ['h'] = 46, ['i'] = 35, ['j'] = 66,
    ['k'] = 52,  ['l'] = 37, ['m'] = 39, ['n'] = 34, ['o'] = 34, ['p'] = 42, ['q'] = 72,
    ['r'] = 35,  ['s'] = 32, ['t'] = 33, ['u'] = 44, ['v'] = 48, ['w'] = 42, ['x'] = 44,
    ['y'] = 50,  ['z'] = 62, ['{'] = 64, ['|'] = 74, ['}'] = 64, ['~'] = 80,
};

enum {
    UNSEEN_EIGHTHS = 96
};

static uint32_t byte_eighths(uint8_t byte) {
    return byte < 128 && eighths[byte] ? eighths[byte] : UNSEEN_EIGHTHS;
}

uint32_t weight_rarity(struct slice bytes) {
    uint32_t sum = 0;
    for (size_t i = 0; i < bytes.size; i++)
        sum += byte_eighths(bytes.data[i]);
    return sum;
}

static uint32_t common_place(const uint8_t *gram) {
    return bytes_get_u32(gram) * 0x9E3779B1u >> 16;
}

static void weigher_add(struct weigher *weigher, struct slice text) {
    for (size_t i = 0; i + COMPILED_GRAM_SIZE <= text.size; i++) {
        uint32_t place = common_place(text.data + i);
        weigher->common[place / 64] |= UINT64_C(1) << place % 64;
    }
    for (size_t i = 0; i + 2 <= text.size; i++) {
        uint32_t place = bytes_get_u16(text.data + i);
        weigher->pairs[place / 64] |= UINT64_C(1) << place % 64;
    }
}

void weigher_init(struct weigher *weigher) {
    memset(weigher, 0, sizeof *weigher);
    weigher_add(weigher, slice_of(commonplace, sizeof commonplace - 1));
    weigher_add(weigher, slice_of(everyday, sizeof everyday - 1));
}

static bool gram_is_common(const struct weigher *weigher, const uint8_t *gram) {
    uint32_t place = common_place(gram);
    return weigher->common[place / 64] >> place % 64 & 1;
}

// Whether each of its grams is common: most literals end here.
static bool may_be_common(const struct weigher *weigher, struct slice literal) {
    for (size_t i = 0; i + COMPILED_GRAM_SIZE <= literal.size; i++)
        if (!gram_is_common(weigher, literal.data + i))
            return false;
    return true;
}

static bool pairs_are_common(const struct weigher *weigher, struct slice literal) {
    for (size_t i = 0; i + 2 <= literal.size; i++) {
        uint32_t place = bytes_get_u16(literal.data + i);
        if (!(weigher->pairs[place / 64] >> place % 64 & 1))
            return false;
    }
    return true;
}

static bool is_commonplace(const struct weigher *weigher, enum compiled_form form,
                           struct slice literal) {
    if (literal.size < COMPILED_GRAM_SIZE)
        return form != FORM_EQUALS && pairs_are_common(weigher, literal);
    const char *at = commonplace;
    size_t left = sizeof commonplace - 1;
    for (;;) {
        const char *hit = memmem(at, left, literal.data, literal.size);
        if (!hit)
            return false;
        const char *end = hit + literal.size;
        if (form == FORM_CONTAINS || form == FORM_STARTS || *end == '\n' || *end == ' ')
            return true;
        left -= (size_t)(hit + 1 - at);
        at = hit + 1;
    }
}

bool weight_is_common(struct slice bytes) {
    return memmem(commonplace, sizeof commonplace - 1, bytes.data, bytes.size);
}

size_t weight_rarest_gram(const struct weigher *weigher, struct slice literal) {
    size_t best = 0;
    uint32_t best_rarity = 0;
    uint32_t sum = weight_rarity(slice_part(literal, 0, COMPILED_GRAM_SIZE - 1));
    for (size_t i = 0; i + COMPILED_GRAM_SIZE <= literal.size; i++) {
        sum += byte_eighths(literal.data[i + COMPILED_GRAM_SIZE - 1]);
        uint32_t rarity = sum;
        if (!gram_is_common(weigher, literal.data + i))
            rarity += 4 * UNSEEN_EIGHTHS;
        if (rarity > best_rarity) {
            best_rarity = rarity;
            best = i;
        }
        sum -= byte_eighths(literal.data[i]);
    }
    return best;
}

static bool is_everyday(enum compiled_form form, struct slice literal) {
    if (!literal.data)
        return false;
    const char *hit = memmem(everyday, sizeof everyday - 1, literal.data, literal.size);
    if (!hit || memchr(literal.data, '\n', literal.size))
        return false;
    bool starts = hit[-1] == '\n';
    bool ends = hit[literal.size] == '\n';
    return form == FORM_EQUALS ? starts && ends : literal.size >= 4;
}

uint32_t weight_of(const struct weigher *weigher, enum compiled_form form, struct slice literal) {
    if (literal.size == 0)
        return WEIGHT_MAX;
    // Bytes of a word hang together: each adds less than it would alone.
    uint32_t bits = weight_rarity(literal) / 20;
    uint32_t weight = bits >= 20 ? 1 : (uint32_t)WEIGHT_MAX >> bits;
    if (form == FORM_CONTAINS && literal.size < 4)
        weight = weight < WEIGHT_MAX / 8 ? weight * 8 : WEIGHT_MAX;
    bool common = may_be_common(weigher, literal);
    if (common && is_commonplace(weigher, form, literal)) {
        uint32_t least = form == FORM_CONTAINS ? WEIGHT_MAX / 10 : WEIGHT_MAX / 25;
        weight = weight < least ? least : weight;
    }
    if (common && is_everyday(form, literal) && weight < WEIGHT_MAX / 2)
        weight = WEIGHT_MAX / 2;
    return weight ? weight : 1;
}

uint64_t weight_probe(void) {
    uint64_t hash = digest_hash64(slice_of(commonplace, sizeof commonplace));
    hash = digest_hash64_seeded(slice_of(everyday, sizeof everyday), hash);
    return digest_hash64_seeded(slice_of(eighths, sizeof eighths), hash);
}
