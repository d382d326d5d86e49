#!/usr/bin/env python3
# Synthetic web logs for make bench
# SPDX-License-Identifier: Apache-2.0
"""usage: make_web.py iis|combined MEGABYTES FILE: lines as a busy site has them, the same each time."""
import random
import sys

FIELDS = ("date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) "
          "cs(Referer) sc-status sc-substatus sc-win32-status time-taken")
AGENTS = ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
          f"Chrome/{n}.0.0.0 Safari/537.36" for n in range(118, 134)] + ["curl/8.5.0", "-"]
PATHS = [f"/{a}/{b}{c}" for a in ("owa", "images", "docs/api/v2", "static/js", "ews")
         for b in ("index", "list", "item", "exchange", "main.4f2c91", "logo")
         for c in (".aspx", ".js", ".png", "", ".html", ".asmx")]


def main():
    kind, megabytes, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    dice = random.Random(7)
    block = []
    size = 0
    while size < 8 << 20:
        n = len(block) // 20
        clock = f"{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}"
        client = f"10.{dice.randrange(4)}.{dice.randrange(256)}.{dice.randrange(1, 255)}"
        stem, agent = dice.choice(PATHS), dice.choice(AGENTS)
        query = f"id={dice.randrange(10**6)}&lang=en&token={dice.getrandbits(96):024x}" \
            if dice.random() < 0.6 else "-"
        method = dice.choices(["GET", "POST", "HEAD"], [8, 3, 1])[0]
        status, taken = dice.choices([200, 304, 404, 500], [9, 2, 1, 1])[0], dice.randrange(4000)
        if kind == "iis":
            text = (f"2026-03-02 {clock} 10.0.0.5 {method} {stem} {query} 443 - {client} "
                    f"{agent.replace(' ', '+')} https://www.example.com{stem} {status} 0 0 {taken}")
        else:
            target = stem if query == "-" else f"{stem}?{query}"
            text = (f'{client} - - [02/Mar/2026:{clock} +0000] "{method} {target} HTTP/1.1" {status} '
                    f'{taken * 7} "https://www.example.com{stem}" "{agent}"')
        block.append(text)
        size += len(text) + 1
    data = ("\n".join(block) + "\n").encode()
    with open(path, "wb") as out:
        if kind == "iis":
            out.write(b"#Software: Microsoft Internet Information Services 10.0\n#Fields: "
                      + FIELDS.encode() + b"\n")
        for _ in range(max(1, (megabytes << 20) // len(data))):
            out.write(data)


if __name__ == "__main__":
    main()
