rule one : LOG { meta: description = "d" level = "low" strings: $a = "strings" $b = /con[a-z]{3}ion/ condition: any of them }
