private rule small { condition: filesize < 64KB }
rule named_so { meta: threat_level = 3 strings: $s = "filename" condition: small and $s at 0 or filename matches /web/ }
rule always : LOG { strings: $x = "r" condition: #x > 3 and uint16(0) != 0x5A4D }
