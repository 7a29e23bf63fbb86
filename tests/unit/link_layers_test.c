/* Link layers whose headers are written here octet by octet, as their specifications have them. */
#include "analyzer/decode/walk.h"

#include "tests/support/packet_builder.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MAC      "020000000001020000000002"
#define ETHERNET MAC "0800"
#define SNAP     "aaaa030000000800"
#define WLAN     "0000" MAC "0200000000031000" /* of 802.11 behind the frame control: duration ... sequence control */
#define PRISM    "4400000090000000" Z64 Z64 "0000000000000000"
#define AVS      "8021100100000040" Z32 "000000000000000000000000000000000000000000000000"
#define Z16      "00000000000000000000000000000000"
#define Z32      Z16 Z16
#define Z64      Z32 Z32
#define PKTAP    "6c00000001000000"
#define PKTAP_96 Z64 Z32

static struct tv_segment seg;
static struct tv_segment_more more;

static unsigned
digit(char c)
{
        return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10);
}

static void
add_hex(struct tv_build *b, const char *hex)
{
        for (; *hex != '\0'; hex += 2)
                tv_build_bytes(b, (const uint8_t[]){(uint8_t)(digit(hex[0]) << 4 | digit(hex[1]))}, 1);
}

/* IPv4 of 50 octets, IPv6 of 70. */
static void
make(struct tv_build *b, const char *header, int version)
{
        *b = (struct tv_build){.length = 0};
        add_hex(b, header);
        if (version == 4)
                tv_build_ipv4(b, 6, 0x4000, 0);
        else
                tv_build_ipv6(b, 6);
        tv_build_tcp(b, TV_ACK, NULL, 0);
        tv_build_payload(b, 10);
        tv_build_finish(b);
}

struct link_case {
        const char *name;
        int link_type;
        int version;
        const char *header;
};

static const struct link_case carriers[] = {
        {"PPP", DLT_PPP, 4, "ff030021"},
        {"PPP, IPv6", DLT_PPP, 6, "ff030057"},
        {"PPP, protocol compressed", DLT_PPP, 4, "ff0321"},
        {"PPP, all compressed", DLT_PPP, 4, "21"},
        {"PPP, address compressed", DLT_PPP_SERIAL, 4, "0021"},
        {"PPP, bridged", DLT_PPP, 4, "ff0300310001" ETHERNET},
        {"PPP, bridged with LAN number", DLT_PPP, 4, "ff030031400100000007" ETHERNET},
        {"Cisco HDLC as PPP", DLT_PPP_SERIAL, 4, "8f000800"},
        {"PPP with direction", DLT_PPP_WITH_DIR, 4, "01ff030021"},
        {"pppd, received", DLT_PPP_PPPD, 4, "00030021"},
        {"pppd, sent", DLT_PPP_PPPD, 6, "01030057"},
        {"pppd, before the address", DLT_PPP_PPPD, 4, "01ff030021"},
        {"SLIP", DLT_SLIP, 4, Z16},
        {"FDDI", DLT_FDDI, 4, "50" MAC SNAP},
        {"FDDI, synchronous", DLT_FDDI, 4, "d0" MAC SNAP},
        {"Token Ring", DLT_IEEE802, 4, "1040" MAC SNAP},
        {"Token Ring, routed", DLT_IEEE802, 4, "1040020000000001820000000002063000110020" SNAP},
        {"ATM, LLC", 11, 4, SNAP},
        {"ATM, NLPID", 11, 4, "fefe03cc"},
        {"ATM, IP alone", 11, 6, ""},
        {"ATM, bridged", 100, 4, "aaaa030080c200070000" ETHERNET},
        {"ATM, PPP", 100, 4, "fefe03cf0021"},
        {"Classical IP, LLC", DLT_ATM_CLIP, 4, SNAP},
        {"Classical IP", DLT_ATM_CLIP, 4, ""},
        {"Sun, LLC", DLT_SUNATM, 4, "02000064" SNAP},
        {"Sun, LAN emulation", DLT_SUNATM, 4, "810000640001" ETHERNET},
        {"Frame Relay, NLPID", DLT_FRELAY, 4, "184103cc"},
        {"Frame Relay, IPv6", DLT_FRELAY, 6, "1841038e"},
        {"Frame Relay, padded", DLT_FRELAY, 4, "18410300cc"},
        {"Frame Relay, SNAP", DLT_FRELAY, 4, "18410300800000000800"},
        {"Frame Relay, bridged", DLT_FRELAY, 4, "18410300800080c20007" ETHERNET},
        {"Frame Relay, PPP", DLT_FRELAY, 4, "184103cf0021"},
        {"Frame Relay, Cisco", DLT_FRELAY, 4, "18410800"},
        {"Frame Relay, three octets", DLT_FRELAY, 4, "18404103cc"},
        {"Frame Relay, four octets", DLT_FRELAY, 4, "1840400103cc"},
        {"Frame Relay with direction", DLT_FRELAY_WITH_DIR, 4, "00184103cc"},
        {"FRF.16", DLT_MFR, 4, "c001184103cc"},
        {"Cisco HDLC", DLT_C_HDLC, 4, "0f000800"},
        {"Cisco HDLC, IPv6", DLT_C_HDLC, 6, "8f0086dd"},
        {"Cisco HDLC, PPP", DLT_C_HDLC, 4, "ff030021"},
        {"Cisco HDLC with direction", DLT_C_HDLC_WITH_DIR, 4, "010f000800"},
        {"ARCNET", DLT_ARCNET, 4, "be50d4000001"},
        {"ARCNET, IPv6", DLT_ARCNET, 6, "be50c4000001"},
        {"ARCNET, exception", DLT_ARCNET, 4, "be50d4ffffffd4000001"},
        {"ARCNET, RFC 1051", DLT_ARCNET, 4, "be50f0"},
        {"Linux ARCNET", DLT_ARCNET_LINUX, 4, "be50c300d4000001"},
        {"Linux ARCNET, RFC 1051", DLT_ARCNET_LINUX, 4, "be50c300f0"},
        {"NFLOG", DLT_NFLOG, 4, "02000000080001000800030036000900"},
        {"NFLOG, odd attribute", DLT_NFLOG, 4,
         "0200000006000a00616200004a000b00"
         "6162636465666768696a6b6c6d6e6f707172737475767778797a"
         "6162636465666768696a6b6c6d6e6f707172737475767778797a"
         "6162636465666768696a6b6c6d6e6f707172000036000900"},
        {"NFLOG, IPv6", DLT_NFLOG, 6, "0a0000004a000900"},
        {"NFLOG, big-endian", DLT_NFLOG, 4,
         "0200000000080001080003000036"
         "0009"},
        {"netlink, queue", DLT_NETLINK, 4,
         "0004033800000000000000000000000c"
         "500000000003000000000000000000000200002c36000a00"},
        {"netlink, log", DLT_NETLINK, 4,
         "0004033800000000000000000000000c"
         "500000000004000000000000000000000200002c36000900"},
        {"netlink, big-endian", DLT_NETLINK, 4,
         "0004033800000000000000000000000c"
         "000000500300000000000000000000000200002c0036000a"},
        {"pflog", DLT_PFLOG, 4, "3d02" Z32 Z16 "0000000000000000000000000000"},
        {"pflog, OpenBSD's IPv6", DLT_PFLOG, 6, "3d18" Z32 Z16 "0000000000000000000000000000"},
        {"pflog, 100 octets", DLT_PFLOG, 4, "6402" Z64 Z32 "0000"},
        {"enc", DLT_ENC, 4, "020000001234567800000000"},
        {"802.11", DLT_IEEE802_11, 4, "0801" WLAN SNAP},
        {"802.11, QoS", DLT_IEEE802_11, 4, "8802" WLAN "0000" SNAP},
        {"802.11, four addresses", DLT_IEEE802_11, 4, "0803" WLAN "020000000004" SNAP},
        {"802.11, HT control", DLT_IEEE802_11, 4, "8881" WLAN "000000000000" SNAP},
        {"802.11, aggregate", DLT_IEEE802_11, 4, "8801" WLAN "8000" MAC "003a" SNAP},
        {"radiotap", DLT_IEEE802_11_RADIO, 4,
         "0000080000000000"
         "0801" WLAN SNAP},
        {"radiotap, padded", DLT_IEEE802_11_RADIO, 4,
         "000009000200000020"
         "8801" WLAN "00000000" SNAP},
        {"radiotap, time and padded", DLT_IEEE802_11_RADIO, 4,
         "0000110003000000"
         "ffffffffffffffff"
         "20"
         "8801" WLAN "00000000" SNAP},
        {"radiotap, two words", DLT_IEEE802_11_RADIO, 4,
         "0000190003000080"
         "0000000000000000"
         "ffffffffffffffff"
         "20"
         "8801" WLAN "00000000" SNAP},
        {"Prism", DLT_PRISM_HEADER, 4, PRISM "0801" WLAN SNAP},
        {"Prism's AVS", DLT_PRISM_HEADER, 4, AVS "0801" WLAN SNAP},
        {"AVS", DLT_IEEE802_11_RADIO_AVS, 4, AVS "0801" WLAN SNAP},
        {"PPI, 802.11", DLT_PPI, 4,
         "0000080069000000"
         "0801" WLAN SNAP},
        {"PPI, Ethernet", DLT_PPI, 4, "0000080001000000" ETHERNET},
        {"Infiniband, datagram", DLT_INFINIBAND, 4,
         "000200010020000264"
         "0000000000000000000000"
         "0000000000000000"
         "08000000"},
        {"Infiniband, routed", DLT_INFINIBAND, 4,
         "0003000100200002"
         "60000000001b0000" Z32 "64"
         "0000000000000000000000"
         "0000000000000000"
         "08000000"},
        {"Infiniband, connection", DLT_INFINIBAND, 6,
         "000200010020000204"
         "0000000000000000000000"
         "86dd0000"},
        {"IPoIB", DLT_IPOIB, 4,
         Z32 "0000000000000000"
             "08000000"},
        {"ipnet", DLT_IPNET, 4, "0102" Z16 "000000000000"},
        {"ipnet, IPv6", DLT_IPNET, 6, "011a" Z16 "000000000000"},
        {"FireWire", DLT_APPLE_IP_OVER_IEEE1394, 4, Z16 "0800"},
        {"Fibre Channel", DLT_IP_OVER_FC, 4, Z16 SNAP},
        {"Symantec", DLT_SYMANTEC_FIREWALL, 4, "0000000000000800" Z32 "00000000"},
        {"netANALYZER", DLT_NETANALYZER, 4, "00000000" ETHERNET},
        {"netANALYZER, preamble", DLT_NETANALYZER_TRANSPARENT, 4, "0000000055555555555555d5" ETHERNET},
        {"DOCSIS", DLT_DOCSIS, 4, "000000440000" ETHERNET},
        {"DOCSIS, extended", DLT_DOCSIS, 4, "01040048431000000000" ETHERNET},
        {"EPON", DLT_EPON, 4, "5555d55555000100" ETHERNET},
        {"mPacket", DLT_ETHERNET_MPACKET, 4, "55555555555555d5" ETHERNET},
        {"mPacket, preemptable", DLT_ETHERNET_MPACKET, 4, "55555555555555e6" ETHERNET},
        {"Broadcom", DLT_DSA_TAG_BRCM, 4, MAC "000000200800"},
        {"Broadcom, prepended", DLT_DSA_TAG_BRCM_PREPEND, 4, "00000020" ETHERNET},
        {"Marvell", DLT_DSA_TAG_DSA, 4, MAC "c00000010800"},
        {"Marvell with type", DLT_DSA_TAG_EDSA, 4, MAC "dada0000c01005390800"},
        {"ERF, Ethernet", DLT_ERF, 4,
         "00000000000000000204005400000040"
         "0000" ETHERNET},
        {"ERF, extended", DLT_ERF, 4,
         "00000000000000008204006400000040"
         "83000000000000000500000000000000"
         "0000" ETHERNET},
        {"ERF, HDLC", DLT_ERF, 4,
         "00000000000000000104004600000036"
         "0f000800"},
        {"ERF, PPP in a channel", DLT_ERF, 4,
         "00000000000000000504004a00000036"
         "00000000"
         "ff030021"},
        {"ERF, AAL5", DLT_ERF, 4,
         "00000000000000000404004a0000003a"
         "00000000" SNAP},
        {"ERF, AAL5 in a channel", DLT_ERF, 4,
         "00000000000000000904004e0000003a"
         "0000000000000000" SNAP},
        {"ERF, IPv6", DLT_ERF, 6, "00000000000000001704005600000046"},
        {"Juniper, Ethernet", DLT_JUNIPER_ETHER, 4, "4d474300" ETHERNET},
        {"Juniper, extensions", DLT_JUNIPER_ETHER, 4,
         "4d474380"
         "000603010e060101" ETHERNET},
        {"Juniper, no link layer", DLT_JUNIPER_ATM1, 4,
         "4d474302"
         "00000000"},
        {"Juniper, PPPoE", DLT_JUNIPER_PPPOE, 4,
         "4d474300"
         "540000000001020000000002"
         "0800"},
        {"Juniper, PPPoE over ATM", DLT_JUNIPER_PPPOE_ATM, 4,
         "4d474300"
         "0800"},
        {"Juniper, PPP", DLT_JUNIPER_PPP, 4,
         "4d474300"
         "ff030021"},
        {"Juniper, Frame Relay", DLT_JUNIPER_FRELAY, 4,
         "4d474300"
         "184103cc"},
        {"Juniper, Cisco HDLC", DLT_JUNIPER_CHDLC, 4,
         "4d474300"
         "0f000800"},
        {"Juniper, ATM1", DLT_JUNIPER_ATM1, 4,
         "4d474300"
         "00000000" SNAP},
        {"Juniper, ATM1, Cisco's NLPID", DLT_JUNIPER_ATM1, 4,
         "4d474300"
         "00000000"
         "03cc"},
        {"Juniper, ATM2", DLT_JUNIPER_ATM2, 6,
         "4d474300"
         "0000000000000000"},
        {"Juniper, ATM2, PPP", DLT_JUNIPER_ATM2, 4,
         "4d474300"
         "0000000000000000"
         "0021"},
        {"Juniper, services", DLT_JUNIPER_SERVICES, 4,
         "4d474300"
         "0000000000000000"},
        {"Juniper, GGSN", DLT_JUNIPER_GGSN, 4,
         "4d474300"
         "0000020000000000"},
        {"Juniper, MLPPP", DLT_JUNIPER_MLPPP, 4,
         "4d474300"
         "0001"
         "0021"},
        {"Juniper, MLPPP, services", DLT_JUNIPER_MLPPP, 6,
         "4d474300"
         "4700000000100000"},
        {"Juniper, MLPPP, link services", DLT_JUNIPER_MLPPP, 4,
         "4d474300"
         "54000000"
         "0021"},
        {"Juniper, MLFR", DLT_JUNIPER_MLFR, 4,
         "4d474300"
         "0001"
         "03cc"},
        {"Juniper, MFR, link", DLT_JUNIPER_MFR, 4,
         "4d474300"
         "c001184103cc"},
        {"Juniper, MFR, bundle", DLT_JUNIPER_MFR, 4,
         "4d474300"
         "00000001"
         "03cc"},
        {"Juniper, ES", DLT_JUNIPER_ES, 4,
         "4d474300"
         "00014003000000010a0000010a000002"},
        {"Juniper, ES, no header", DLT_JUNIPER_ES, 4, "4d474300"},
        {"TZSP", DLT_TZSP, 4, "0100000101" ETHERNET},
        {"TZSP, 802.11", DLT_TZSP, 4,
         "010000120a01c8000001"
         "0801" WLAN SNAP},
        {"exported IP", DLT_WIRESHARK_UPPER_PDU, 4, "000c00046970000000000000"},
        {"exported Ethernet", DLT_WIRESHARK_UPPER_PDU, 4, "000c00106574685f776974686f7574666373000000000000" ETHERNET},
        {"PKTAP", 258, 4, PKTAP "01000000" PKTAP_96 ETHERNET},
        {"PKTAP, loopback", 258, 6, PKTAP "00000000" PKTAP_96 "1e000000"},
        {"SLL, radiotap", DLT_LINUX_SLL, 4,
         "00000323000000000000000000000019"
         "0000080000000000"
         "0801" WLAN SNAP},
        {"SLL, Frame Relay", DLT_LINUX_SLL, 4,
         "00000302000000000000000000000019"
         "184103cc"},
        {"SLL, Ethernet", DLT_LINUX_SLL, 4, "00000001000600000000000000000003" ETHERNET},
        {"SLL, PPP", DLT_LINUX_SLL, 4,
         "00000200000000000000000000000007"
         "0021"},
        {"SLL, netlink", DLT_LINUX_SLL, 4,
         "0004033800000000000000000000000c"
         "500000000003000000000000000000000200002c36000a00"},
        {"802.3, NLPID", DLT_EN10MB, 4,
         MAC "0036"
             "fefe03cc"},
        {"VN-Tag", DLT_EN10MB, 4,
         MAC "8926"
             "00000000"
             "0800"},
        {"E-TAG", DLT_EN10MB, 4,
         MAC "893f"
             "000000000000"
             "0800"},
        {"HSR", DLT_EN10MB, 4,
         MAC "892f"
             "00380001"
             "0800"},
        {"MACsec", DLT_EN10MB, 4,
         MAC "88e5"
             "000000000001"
             "0800"},
        {"MACsec with channel", DLT_EN10MB, 4,
         MAC "88e5"
             "200000000001"
             "0200000000010001"
             "0800"},
        {"backbone", DLT_EN10MB, 4,
         MAC "88e7"
             "00000123" ETHERNET},
        {"Cisco MetaData", DLT_EN10MB, 4,
         MAC "8909"
             "010100010064"
             "0800"},
        {"TRILL", DLT_EN10MB, 4,
         MAC "22f3"
             "003f00010002" ETHERNET},
        {"TRILL with options", DLT_EN10MB, 4,
         MAC "22f3"
             "007f00010002"
             "00000000" ETHERNET},
        {"NSH", DLT_EN10MB, 4,
         MAC "894f"
             "0fc20201000001ff"},
        {"NSH, Ethernet", DLT_EN10MB, 4,
         MAC "894f"
             "0fc60103000001ff" Z16 ETHERNET},
        {"Marvell's type", DLT_EN10MB, 4,
         MAC "dada"
             "0000c0000001"
             "0800"},
        {"long 802.2", DLT_EN10MB, 4, MAC "8870" SNAP},
        {"ISL", DLT_EN10MB, 4,
         "01000c000000"
         "020000000002"
         "0050"
         "aaaa0300000c"
         "000a00010000" ETHERNET},
};

static void
the_segment_is_found_behind_every_header(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof carriers / sizeof *carriers; i++) {
                struct tv_build b;

                make(&b, carriers[i].header, carriers[i].version);
                if (tv_build_decode(&b, carriers[i].link_type, &seg, &more) != TV_BUCKET_tcp)
                        fail_msg("%s: no segment found", carriers[i].name);
                assert_int_equal(seg.seq, 1000);
                assert_int_equal(seg.length, 10);
                assert_int_equal(seg.checksum, TV_CHECKSUM_GOOD);
                assert_int_equal((seg.bits & TV_SEG_IPV6) != 0, carriers[i].version == 6);
        }
}

/* By the snaplen, and by whoever wrote the packet: no segment without its ports, and nothing said of IP before it. */
static void
a_cut_packet_is_no_segment_and_never_wrong_about_ip(void **state)
{
        (void)state;
        for (size_t i = 0; i < sizeof carriers / sizeof *carriers; i++) {
                const struct link_case *c = &carriers[i];
                size_t header = strlen(c->header) / 2;
                struct tv_build b;

                make(&b, c->header, c->version);
                for (size_t have = 0; have < b.length; have++) {
                        enum tv_bucket cut = tv_build_decode_cut(&b, c->link_type, have, b.length, &seg, &more);
                        enum tv_bucket end = tv_build_decode_cut(&b, c->link_type, have, have, &seg, &more);

                        if (have <= header && (cut != TV_BUCKET_not_ip || end != TV_BUCKET_not_ip) &&
                            !(have == header && (cut == TV_BUCKET_cut || end == TV_BUCKET_malformed)))
                                fail_msg("%s: %zu octets are called IP", c->name, have);
                        if (have > header && (cut == TV_BUCKET_unknown_link || cut == TV_BUCKET_malformed))
                                fail_msg("%s: cut after %zu octets", c->name, have);
                        if (have < b.tcp + 20 && (cut == TV_BUCKET_tcp || end == TV_BUCKET_tcp))
                                fail_msg("%s: %zu octets are called a segment", c->name, have);
                }
        }
}

static void
what_announces_something_else_is_not_ip(void **state)
{
        static const struct link_case others[] = {
                {"PPP, LCP", DLT_PPP, 4, "ff03c021"},
                {"PPP, Van Jacobson", DLT_PPP, 4, "ff03002d"},
                {"PPP, Van Jacobson uncompressed", DLT_PPP, 4, "ff03002f"},
                {"PPP, bridged Token Ring", DLT_PPP, 4, "ff0300310003" ETHERNET},
                {"SLIP, version 11", DLT_SLIP, 4, Z16 "b0"},
                {"FDDI, token", DLT_FDDI, 4, "80" MAC SNAP},
                {"FDDI, station management", DLT_FDDI, 4, "41" MAC SNAP},
                {"Token Ring, MAC frame", DLT_IEEE802, 4, "1000" MAC SNAP},
                {"Token Ring, route of no octets", DLT_IEEE802, 4, "1040020000000001820000000002003000110020" SNAP},
                {"ATM, other organisation", 11, 4, "aaaa0300000c0800"},
                {"ATM, bridged FDDI", 11, 4, "aaaa030080c200040000" ETHERNET},
                {"Sun, signalling", DLT_SUNATM, 4, "06000005" SNAP},
                {"Sun, LAN emulation control", DLT_SUNATM, 4, "01000064ff00" ETHERNET},
                {"Frame Relay, ISO", DLT_FRELAY, 4, "18410383"},
                {"Frame Relay, Q.933", DLT_FRELAY, 4, "000108"},
                {"Frame Relay, address without end", DLT_FRELAY, 4, "1840404003cc"},
                {"Frame Relay, address of one octet", DLT_FRELAY, 4, "1903cc"},
                {"FRF.16, control", DLT_MFR, 4, "e200184103cc"},
                {"FRF.16, a beginning", DLT_MFR, 4, "8001184103cc"},
                {"Cisco HDLC, SLARP", DLT_C_HDLC, 4, "8f008035"},
                {"ARCNET, ARP", DLT_ARCNET, 4, "be50d5000001"},
                {"ARCNET, exception of another", DLT_ARCNET, 4, "be50d4ffffffd5000001"},
                {"NFLOG, no payload", DLT_NFLOG, 4,
                 "0200000008000100080003003600"
                 "0a00"},
                {"NFLOG, attribute of no length", DLT_NFLOG, 4,
                 "0200000000000000"
                 "36000900"},
                {"NFLOG, other version", DLT_NFLOG, 4, "0201000036000900"},
                {"netlink, routes", DLT_NETLINK, 4,
                 "00040338000000000000000000000000"
                 "500000000003000000000000000000000200002c36000a00"},
                {"netlink, connections", DLT_NETLINK, 4,
                 "0004033800000000000000000000000c"
                 "500000000001000000000000000000000200002c36000a00"},
                {"pflog, old", DLT_PFLOG, 4, "1c02" Z16 "00000000000000000000"},
                {"802.11, management", DLT_IEEE802_11, 4, "8000" WLAN SNAP},
                {"802.11, no data", DLT_IEEE802_11, 4, "4801" WLAN SNAP},
                {"802.11, protected", DLT_IEEE802_11, 4, "0841" WLAN SNAP},
                {"802.11, more fragments", DLT_IEEE802_11, 4, "0805" WLAN SNAP},
                {"802.11, second fragment", DLT_IEEE802_11, 4, "08010000" MAC "0200000000031100" SNAP},
                {"radiotap, other version", DLT_IEEE802_11_RADIO, 4,
                 "0100080000000000"
                 "0801" WLAN SNAP},
                {"radiotap, too short", DLT_IEEE802_11_RADIO, 4,
                 "0000040000000000"
                 "0801" WLAN SNAP},
                {"AVS, too short", DLT_IEEE802_11_RADIO_AVS, 4,
                 "8021100100000004"
                 "0801" WLAN SNAP},
                {"PPI, unknown link type", DLT_PPI, 4, "00000800c3000000" ETHERNET},
                {"Infiniband, no transport", DLT_INFINIBAND, 4,
                 "000000010020000264"
                 "0000000000000000000000"
                 "000000000000000008000000"},
                {"Infiniband, acknowledgment", DLT_INFINIBAND, 4,
                 "000200010020000211"
                 "0000000000000000000000"
                 "08000000"},
                {"IPoIB, ARP", DLT_IPOIB, 4,
                 Z32 "0000000000000000"
                     "08060000"},
                {"DOCSIS, management", DLT_DOCSIS, 4, "c20000440000" ETHERNET},
                {"DOCSIS, encrypted", DLT_DOCSIS, 4, "01040048431080000000" ETHERNET},
                {"mPacket, continued", DLT_ETHERNET_MPACKET, 4, "5555555555556103" ETHERNET},
                {"mPacket, no delimiter", DLT_ETHERNET_MPACKET, 4, "5555555555555555" ETHERNET},
                {"Marvell, ARP", DLT_DSA_TAG_DSA, 4, MAC "c00000010806"},
                {"ERF, cells", DLT_ERF, 4, "00000000000000000304005400000040" SNAP},
                {"Juniper, other magic", DLT_JUNIPER_ETHER, 4, "4d474400" ETHERNET},
                {"Juniper, maintenance", DLT_JUNIPER_ATM1, 4,
                 "4d474300"
                 "80000000" SNAP},
                {"Juniper, maintenance", DLT_JUNIPER_ATM2, 4,
                 "4d474300"
                 "0000000000000010" SNAP},
                {"Juniper, ISO", DLT_JUNIPER_MLPPP, 4,
                 "4d474300"
                 "4700000000300000"},
                {"TZSP, keepalive", DLT_TZSP, 4, "0104000101" ETHERNET},
                {"TZSP, other contents", DLT_TZSP, 4, "0100002101" ETHERNET},
                {"TZSP, no end", DLT_TZSP, 4, "010000010000"},
                {"exported TCP", DLT_WIRESHARK_UPPER_PDU, 4, "000c00047463700000000000"},
                {"exported, begins as IP", DLT_WIRESHARK_UPPER_PDU, 4, "000c00046970780000000000"},
                {"exported, nameless", DLT_WIRESHARK_UPPER_PDU, 4, "00000000"},
                {"PKTAP, no packet", 258, 4,
                 "6c00000000000000"
                 "01000000" PKTAP_96 ETHERNET},
                {"PKTAP, too short", 258, 4,
                 "0c00000001000000"
                 "01000000" ETHERNET},
                {"VN-Tag, ARP", DLT_EN10MB, 4,
                 MAC "8926"
                     "00000000"
                     "0806"},
                {"MACsec, encrypted", DLT_EN10MB, 4,
                 MAC "88e5"
                     "0c0000000001"
                     "0800"},
                {"MACsec, changed", DLT_EN10MB, 4,
                 MAC "88e5"
                     "040000000001"
                     "0800"},
                {"Cisco MetaData, other version", DLT_EN10MB, 4,
                 MAC "8909"
                     "020100010064"
                     "0800"},
                {"TRILL, other version", DLT_EN10MB, 4,
                 MAC "22f3"
                     "403f00010002" ETHERNET},
                {"NSH, other version", DLT_EN10MB, 4,
                 MAC "894f"
                     "4fc20201000001ff"},
                {"NSH, no length", DLT_EN10MB, 4,
                 MAC "894f"
                     "0fc00201000001ff"},
                {"ISL, Token Ring", DLT_EN10MB, 4,
                 "01000c000010"
                 "020000000002"
                 "0050"
                 "aaaa0300000c"
                 "000a00010000" ETHERNET},
        };

        (void)state;
        for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
                struct tv_build b;

                make(&b, others[i].header, 4);
                enum tv_bucket bucket = tv_build_decode(&b, others[i].link_type, &seg, &more);
                if (bucket != TV_BUCKET_not_ip)
                        fail_msg("%s: bucket %s", others[i].name, tv_bucket_name(bucket));
        }
}

static void
a_piece_of_a_split_arcnet_packet_is_a_fragment(void **state)
{
        struct tv_build b;

        (void)state;
        make(&b, "be50d4030001", 4);
        assert_int_equal(tv_build_decode(&b, DLT_ARCNET, &seg, &more), TV_BUCKET_fragment);
        make(&b, "be50c300d4020001", 4);
        assert_int_equal(tv_build_decode(&b, DLT_ARCNET_LINUX, &seg, &more), TV_BUCKET_fragment);
}

/* The length that IP does not tell is the frame's without its checksum. */
static void
the_radio_frames_checksum_is_no_payload(void **state)
{
        static const struct {
                int link_type;
                const char *header;
        } cases[] = {{DLT_IEEE802_11_RADIO, "000009000200000010"
                                            "0801" WLAN SNAP},
                     {DLT_PPI, "0000200069000000"
                               "02001400"
                               "0000000000000000"
                               "0100"
                               "00000000000000000000"
                               "0801" WLAN SNAP}};

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct tv_build b;

                make(&b, cases[i].header, 4);
                tv_build_poke16(&b, b.ip + 2, 0);
                tv_build_bytes(&b, "\xde\xad\xbe\xef", 4);
                assert_int_equal(tv_build_decode(&b, cases[i].link_type, &seg, &more), TV_BUCKET_tcp);
                assert_int_equal(seg.length, 10);
                assert_true(seg.bits & TV_SEG_LENGTH_GUESSED);
        }
}

static void
tags_with_a_number_are_steps(void **state)
{
        static const struct {
                const char *header;
                int link_type;
                enum tv_step kind;
                uint32_t id;
        } cases[] = {
                {MAC "88e7"
                     "e0012345" ETHERNET,
                 DLT_EN10MB, TV_STEP_SERVICE, 0x012345},
                {MAC "894f"
                     "0fc20201000102ff",
                 DLT_EN10MB, TV_STEP_SERVICE_PATH, 0x000102},
                {"03000c000000"
                 "020000000002"
                 "0050"
                 "aaaa0300000c"
                 "000a00010000" ETHERNET,
                 DLT_EN10MB, TV_STEP_VLAN, 5},
                {MAC "e010e5390800", DLT_DSA_TAG_DSA, TV_STEP_VLAN, 1337},
        };

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct tv_build b;

                make(&b, cases[i].header, 4);
                assert_int_equal(tv_build_decode(&b, cases[i].link_type, &seg, &more), TV_BUCKET_tcp);
                assert_true(seg.bits & TV_SEG_MORE);
                assert_int_equal(more.context.steps, 1);
                assert_int_equal(more.context.kind[0], cases[i].kind);
                assert_int_equal(more.context.id[0], cases[i].id);
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_segment_is_found_behind_every_header),
                cmocka_unit_test(a_cut_packet_is_no_segment_and_never_wrong_about_ip),
                cmocka_unit_test(what_announces_something_else_is_not_ip),
                cmocka_unit_test(a_piece_of_a_split_arcnet_packet_is_a_fragment),
                cmocka_unit_test(the_radio_frames_checksum_is_no_payload),
                cmocka_unit_test(tags_with_a_number_are_steps),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
