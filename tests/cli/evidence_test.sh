# What a capture says besides its packets' bytes reaches the reports: comments, interfaces, directions, names of hosts.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
capture=$testdata/comments.pcapng

run --conn 0 "$capture"
claim "the page shows comments with their frames" prints '^comment       frame 2: the answer takes 50 ms, a "long" way$'
claim "... and those of ICMP errors about it" prints '^              frame 5: a small MTU on the way$'
claim "... and none of another connection" not prints "nobody listens"
claim "directions tell the place" prints "taken at a"

run -q -o "$work/all" --segments "$capture"
claim "rows have comments" [ "$(grep -c 'the request"' "$work/all/segments.csv")" = 1 ]
claim "rows have directions" [ "$(cut -d, -f21 "$work/all/segments.csv" | grep -c '^out$')" = 8 ]
claim "one interface without a name: not told" [ "$(cut -d, -f20 "$work/all/segments.csv" | sort -u | tr '\n' ' ')" = " interface " ]
run -q -o "$work/two" --segments "$testdata/format-pcapng-two-interfaces.pcapng"
claim "two interfaces without names: their numbers" [ "$(cut -d, -f20 "$work/two/segments.csv" | sort -u | tr '\n' ' ')" = '"0" "1" interface ' ]

# A filter that looks at the ICMP error chooses the connection that it is about, and no other one.
run -q -o "$work/icmp" -f icmp "$capture"
claim "-f icmp: the connection of the error" [ "$(sed 1d "$work/icmp/connections.csv" | cut -d, -f1)" = 0 ]

# le32 NUMBER... - in octets
le32() {
        for number; do
                # shellcheck disable=SC2059 # the format is the octets
                printf "$(printf '\\%03o\\%03o\\%03o\\%03o' $((number & 255)) $((number >> 8 & 255)) $((number >> 16 & 255)) $((number >> 24 & 255)))"
        done
}

# A block of names behind the others: 10.0.0.1 is client.example, 10.0.0.2 has a name with an escape in it.
{
        cat "$capture"
        le32 4 64
        printf '\001\000\023\000\012\000\000\001client.example\000\000'
        printf '\001\000\023\000\012\000\000\002serv\033r.example\000\000'
        le32 0 64
} >"$work/named.pcapng"
run --conn 0 "$work/named.pcapng"
claim "names: status 0" status_is 0
claim "names stand beside the addresses" prints '^conn 0        a 10.0.0.1:40000 (client.example) > b 10.0.0.2:80 (serv?r.example)'

# An interface with a name, and a packet of it.
{
        cat "$capture"
        le32 1 32
        printf '\001\000\000\000'
        le32 0
        printf '\002\000\004\000eth0'
        le32 0 32
        le32 6 88 1 0 1700000001
        le32 54 54
        printf '\002\000\000\000\000\002\002\000\000\000\000\001\010\000'
        printf '\105\000\000\050\000\001\100\000\100\006\000\000\012\000\000\001\012\000\000\002'
        printf '\234\112\000\120\000\000\000\001\000\000\000\000\120\002\377\377\000\000\000\000\000\000'
        le32 88
} >"$work/named-interface.pcapng"
run -q -o "$work/named" --segments "$work/named-interface.pcapng"
claim "an interface's name: status 0" status_is 0
claim "the last row has the interface's name" [ "$(tail -n 1 "$work/named/segments.csv" | cut -d, -f20)" = '"eth0"' ]
claim "... and the first one the number of its own" [ "$(sed -n 2p "$work/named/segments.csv" | cut -d, -f20)" = '"0"' ]

finish
