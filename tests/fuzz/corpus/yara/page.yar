import "math"
rule page_that_runs_commands : WEB LOG
{
    meta:
        description = "A page that hands its parameter on"
        severity = "high"
        score = 70
        author = "drill"
    strings:
        $a = "Runtime.getRuntime" nocase
        $b = /eval\s*\(\s*request[\[\(]"[a-z]{1,8}"/ ascii wide
        $c = { 4D 5A [2-4] ( 90 | 00 ) ?? 03 }
        $d = "page" xor(1-3)
        $e = "rule" fullword
    condition:
        (any of ($a, $b) and filesize < 200KB) or #e > 1 or
        $d or for any i in (1..#c) : (@c[i] < 100) or extension == ".aspx"
}
