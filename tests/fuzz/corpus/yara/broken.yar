rule a { strings: $a = "x" condition: $b }
include "/etc/passwd"
