rule hash { strings: $h = { 72 75 6C 65 } condition: $h at 0 and filesize > 10 and for all of them : ( # < 5 ) }
