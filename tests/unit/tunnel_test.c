/* Each tunnel is tried whole, cut at every length and with each octet of its header that matters spoilt.  Layouts are
 * written down here from the standards, octet by octet. */
#include "analyzer/decode/walk.h"

#include "tests/support/packet_builder.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct tv_segment seg;
static struct tv_segment_more more;

/* Where headers begin whose lengths must be filled in when all is there. */
static struct {
        size_t at[8], udp[8];
        unsigned count, udps;
} outer;

static void
begin(struct tv_build *b)
{
        b->length = b->ip = b->tcp = 0;
        b->has_ip = b->has_tcp = b->has_final_destination = false;
        outer.count = outer.udps = 0;
}

static void
put_ipv4(struct tv_build *b, uint8_t protocol)
{
        outer.at[outer.count++] = b->length;
        tv_build_ipv4(b, protocol, 0, 0);
}

static void
put_ipv6(struct tv_build *b, uint8_t next)
{
        outer.at[outer.count++] = b->length;
        tv_build_ipv6(b, next);
}

static void
put_udp(struct tv_build *b, uint16_t source, uint16_t destination)
{
        outer.udp[outer.udps++] = b->length;
        tv_build_be16(b, source);
        tv_build_be16(b, destination);
        tv_build_be32(b, 0);
}

/* Ethernet, IPv4 and UDP to |port|. */
static void
put_port(struct tv_build *b, uint16_t port)
{
        tv_build_ethernet(b, 0x0800);
        put_ipv4(b, 17);
        put_udp(b, 50000, port);
}

static void
put_protocol(struct tv_build *b, uint8_t protocol)
{
        tv_build_ethernet(b, 0x0800);
        put_ipv4(b, protocol);
}

/* The innermost packet: ten octets of payload. */
static void
put_tcp(struct tv_build *b, int version)
{
        if (version == 4)
                tv_build_ipv4(b, 6, 0x4000, 0);
        else
                tv_build_ipv6(b, 6);
        tv_build_tcp(b, TV_ACK, NULL, 0);
        tv_build_payload(b, 10);
        tv_build_finish(b);
}

/* |trailer| octets belong to the tunnels. */
static void
finish(struct tv_build *b)
{
        for (unsigned i = outer.udps; i-- > 0;)
                tv_build_poke16(b, outer.udp[i] + 4, (uint16_t)(b->length - outer.udp[i]));
        for (unsigned i = outer.count; i-- > 0;) {
                size_t at = outer.at[i];

                if (b->bytes[at] >> 4 == 4) {
                        tv_build_poke16(b, at + 2, (uint16_t)(b->length - at));
                        tv_build_poke16(b, at + 10, 0);
                        tv_build_poke16(b, at + 10, (uint16_t)~tv_build_sum(b->bytes + at, 20));
                } else {
                        tv_build_poke16(b, at + 4, (uint16_t)(b->length - at - 40));
                }
        }
}

/* ---- the tunnels ---- */

static void
mpls(struct tv_build *b)
{
        tv_build_ethernet(b, 0x8847);
        tv_build_be32(b, 0x12345040); /* label 0x12345, TTL 64 */
        tv_build_be32(b, 0x00011140); /* label 17, bottom */
        put_tcp(b, 4);
}

static void
mpls_ipv6(struct tv_build *b)
{
        tv_build_ethernet(b, 0x8848);
        tv_build_be32(b, 0x00002140); /* explicit null, RFC 3032 section 2.1 */
        put_tcp(b, 6);
}

static void
mpls_pseudowire(struct tv_build *b)
{
        tv_build_ethernet(b, 0x8847);
        tv_build_be32(b, 0x00010140);
        tv_build_ethernet(b, 0x8100);
        tv_build_be32(b, 0x00050800);
        put_tcp(b, 4);
}

static void
mpls_control_word(struct tv_build *b)
{
        tv_build_ethernet(b, 0x8847);
        tv_build_be32(b, 0x00010140);
        tv_build_be32(b, 0x00000001);
        tv_build_ethernet(b, 0x86dd);
        put_tcp(b, 6);
}

/* Pseudowires without control word whose station address looks like the beginning of IP (RFC 4928). */
static void
mpls_address_like_ip(struct tv_build *b)
{
        tv_build_ethernet(b, 0x8847);
        tv_build_be32(b, 0x00010140);
        tv_build_bytes(b, "\x45\0\0\0\0\1\2\0\0\0\0\2\x08\0", 14);
        put_tcp(b, 4);
}

static void
mpls_in_ip(struct tv_build *b)
{
        put_protocol(b, 137);
        tv_build_be32(b, 0x00010140);
        put_tcp(b, 4);
}

static void
mpls_in_udp(struct tv_build *b)
{
        put_port(b, 6635);
        tv_build_be32(b, 0x00010140);
        put_tcp(b, 4);
}

static void
pppoe(struct tv_build *b)
{
        tv_build_ethernet(b, 0x8864);
        tv_build_bytes(b, "\x11\0\x12\x34", 4);
        tv_build_be16(b, 2 + 50);
        tv_build_be16(b, 0x0021);
        put_tcp(b, 4);
}

static void
pppoe_ipv6_compressed(struct tv_build *b)
{
        tv_build_ethernet(b, 0x8864);
        tv_build_bytes(b, "\x11\0\x12\x34", 4);
        tv_build_be16(b, 1 + 70);
        tv_build_bytes(b, "\x57", 1); /* protocol field compression */
        put_tcp(b, 6);
}

static void
gre(struct tv_build *b)
{
        put_protocol(b, 47);
        tv_build_be32(b, 0x00000800);
        put_tcp(b, 4);
}

static void
gre_all_fields(struct tv_build *b)
{
        put_protocol(b, 47);
        tv_build_be32(b, 0xf00086dd); /* checksum, routing, key, sequence number */
        tv_build_be32(b, 0);
        tv_build_be32(b, 0x01020304);
        tv_build_be32(b, 77);
        tv_build_bytes(b, "\x08\0\0\4\x0a\0\0\1\0\0\0\0", 12); /* one route of one address, the end */
        put_tcp(b, 6);
}

static void
gre_bridged(struct tv_build *b)
{
        put_protocol(b, 47);
        tv_build_be32(b, 0x20006558);
        tv_build_be32(b, 0x00123401); /* NVGRE: VSID 0x1234, flow 1 */
        tv_build_ethernet(b, 0x0800);
        put_tcp(b, 4);
}

static void
gre_in_udp(struct tv_build *b)
{
        put_port(b, 4754);
        tv_build_be32(b, 0x00000800);
        put_tcp(b, 4);
}

static void
pptp(struct tv_build *b)
{
        put_protocol(b, 47);
        tv_build_be32(b, 0x3081880b);
        tv_build_be16(b, 4 + 50);
        tv_build_be16(b, 0xbeef);
        tv_build_be32(b, 5); /* sequence */
        tv_build_be32(b, 6); /* acknowledgment */
        tv_build_be32(b, 0xff030021);
        put_tcp(b, 4);
}

static void
wccp(struct tv_build *b)
{
        put_protocol(b, 47);
        tv_build_be32(b, 0x0000883e);
        tv_build_be32(b, 0x00000000);
        put_tcp(b, 4);
}

static void
wccp_version_1(struct tv_build *b)
{
        put_protocol(b, 47);
        tv_build_be32(b, 0x0000883e);
        put_tcp(b, 4);
}

static void
erspan_1(struct tv_build *b)
{
        put_protocol(b, 47);
        tv_build_be32(b, 0x000088be);
        tv_build_ethernet(b, 0x0800);
        put_tcp(b, 4);
}

static void
erspan_2(struct tv_build *b)
{
        put_protocol(b, 47);
        tv_build_be32(b, 0x100088be);
        tv_build_be32(b, 1);
        tv_build_be32(b, 0x10640155); /* VLAN 100, session 0x155 */
        tv_build_be32(b, 0);
        tv_build_ethernet(b, 0x0800);
        put_tcp(b, 4);
}

static void
erspan_3(struct tv_build *b)
{
        put_protocol(b, 47);
        tv_build_be32(b, 0x100022eb);
        tv_build_be32(b, 1);
        tv_build_be32(b, 0x20640155);
        tv_build_be32(b, 0x11223344);
        tv_build_be32(b, 0x00000001); /* frame type 0, with eight octets more */
        tv_build_zeros(b, 8);
        tv_build_ethernet(b, 0x0800);
        put_tcp(b, 4);
}

static void
erspan_3_ip(struct tv_build *b)
{
        put_protocol(b, 47);
        tv_build_be32(b, 0x100022eb);
        tv_build_be32(b, 1);
        tv_build_be32(b, 0x20640155);
        tv_build_be32(b, 0x11223344);
        tv_build_be32(b, 0x00000800); /* frame type 2: IP */
        put_tcp(b, 4);
}

static void
ip_in_ip(struct tv_build *b)
{
        put_protocol(b, 4);
        put_tcp(b, 4);
}

static void
six_in_four(struct tv_build *b)
{
        put_protocol(b, 41);
        put_tcp(b, 6);
}

static void
six_in_four_by_4(struct tv_build *b)
{
        put_protocol(b, 4);
        put_tcp(b, 6);
}

static void
four_in_six(struct tv_build *b)
{
        tv_build_ethernet(b, 0x86dd);
        put_ipv6(b, 4);
        put_tcp(b, 4);
}

static void
etherip(struct tv_build *b)
{
        put_protocol(b, 97);
        tv_build_be16(b, 0x3000);
        tv_build_ethernet(b, 0x0800);
        put_tcp(b, 4);
}

static void
l2tpv3(struct tv_build *b)
{
        put_protocol(b, 115);
        tv_build_be32(b, 0x00abcdef);
        tv_build_be32(b, 0x13572468); /* cookie */
        tv_build_be32(b, 0);          /* sublayer */
        tv_build_ethernet(b, 0x0800);
        put_tcp(b, 4);
}

static void
l2tpv3_in_udp(struct tv_build *b)
{
        put_port(b, 1701);
        tv_build_be32(b, 0x00030000);
        tv_build_be32(b, 0x00abcdef);
        tv_build_be32(b, 0xff030021);
        put_tcp(b, 4);
}

static void
l2tp(struct tv_build *b)
{
        put_port(b, 1701);
        tv_build_be16(b, 0x4a02); /* length, sequence numbers, offset */
        tv_build_be16(b, 2 + 2 + 4 + 4 + 2 + 3 + 4 + 50);
        tv_build_be32(b, 0x00070042); /* tunnel 7, session 0x42 */
        tv_build_be32(b, 0x00010002);
        tv_build_be16(b, 3);
        tv_build_zeros(b, 3);
        tv_build_be32(b, 0xff030021);
        put_tcp(b, 4);
}

static void
l2tp_short(struct tv_build *b)
{
        put_port(b, 1701);
        tv_build_be16(b, 0x0002);
        tv_build_be32(b, 0x00070042);
        tv_build_be16(b, 0x0057);
        put_tcp(b, 6);
}

static void
vxlan(struct tv_build *b)
{
        put_port(b, 4789);
        tv_build_be32(b, 0x08000000);
        tv_build_be32(b, 0x00123400);
        tv_build_ethernet(b, 0x0800);
        put_tcp(b, 4);
}

static void
vxlan_old_port_in_ipv6(struct tv_build *b)
{
        tv_build_ethernet(b, 0x86dd);
        put_ipv6(b, 17);
        put_udp(b, 50000, 8472);
        tv_build_be32(b, 0x88000123); /* with a group policy */
        tv_build_be32(b, 0x00123400);
        tv_build_ethernet(b, 0x86dd);
        put_tcp(b, 6);
}

/* RFC 7348 wants the flag; some do without. */
static void
vxlan_no_flag(struct tv_build *b)
{
        put_port(b, 4789);
        tv_build_be32(b, 0x00000000);
        tv_build_be32(b, 0x00123400);
        tv_build_ethernet(b, 0x0800);
        put_tcp(b, 4);
}

static void
vxlan_gpe(struct tv_build *b)
{
        put_port(b, 4790);
        tv_build_be32(b, 0x0c000002);
        tv_build_be32(b, 0x00123400);
        put_tcp(b, 6);
}

static void
vxlan_nsh(struct tv_build *b)
{
        put_port(b, 4790);
        tv_build_be32(b, 0x0c000004);
        tv_build_be32(b, 0x00123400);
        tv_build_be32(b, 0x0fc20201); /* TTL 63, two words, metadata type 2, IPv4 */
        tv_build_be32(b, 0x00777707);
        put_tcp(b, 4);
}

static void
geneve(struct tv_build *b)
{
        put_port(b, 6081);
        tv_build_be32(b, 0x02406558); /* two words of options, one of them critical */
        tv_build_be32(b, 0x00123400);
        tv_build_be32(b, 0x01028001);
        tv_build_be32(b, 0xaabbccdd);
        tv_build_ethernet(b, 0x0800);
        put_tcp(b, 4);
}

static void
geneve_ip(struct tv_build *b)
{
        put_port(b, 6081);
        tv_build_be32(b, 0x000086dd);
        tv_build_be32(b, 0x00123400);
        put_tcp(b, 6);
}

static void
gtp(struct tv_build *b)
{
        put_port(b, 2152);
        tv_build_bytes(b, "\x30\xff", 2);
        tv_build_be16(b, 50);
        tv_build_be32(b, 0x01020304);
        put_tcp(b, 4);
}

static void
gtp_extensions(struct tv_build *b)
{
        put_port(b, 2152);
        tv_build_bytes(b, "\x34\xff", 2);
        tv_build_be16(b, 4 + 4 + 8 + 70);
        tv_build_be32(b, 0x01020304);
        tv_build_be32(b, 0x00000085); /* a PDU session container follows */
        tv_build_be32(b, 0x01100120); /* ..., then a service class indicator */
        tv_build_be32(b, 0x02000000);
        tv_build_be32(b, 0x00000000);
        put_tcp(b, 6);
}

static void
gtp_ethernet(struct tv_build *b)
{
        put_port(b, 2152);
        tv_build_bytes(b, "\x30\xff", 2);
        tv_build_be16(b, 14 + 50);
        tv_build_be32(b, 0x01020304);
        tv_build_ethernet(b, 0x0800);
        put_tcp(b, 4);
}

static void
gtp_ppp(struct tv_build *b)
{
        put_port(b, 2152);
        tv_build_bytes(b, "\x30\xff", 2);
        tv_build_be16(b, 4 + 50);
        tv_build_be32(b, 0x01020304);
        tv_build_be32(b, 0xff030021);
        put_tcp(b, 4);
}

static void
gtp_version_0(struct tv_build *b)
{
        put_port(b, 3386);
        tv_build_bytes(b, "\x1e\xff", 2);
        tv_build_be16(b, 50);
        tv_build_be16(b, 1);      /* sequence number */
        tv_build_be16(b, 0x0304); /* flow label */
        tv_build_be32(b, 0xffffffff);
        tv_build_zeros(b, 8); /* TID */
        put_tcp(b, 4);
}

/* One address is a client's: 2001::/32. */
static void
put_teredo_tcp(struct tv_build *b)
{
        tv_build_ipv6(b, 6);
        tv_build_poke16(b, b->ip + 24 + 2, 0);
        tv_build_tcp(b, TV_ACK, NULL, 0);
        tv_build_payload(b, 10);
        tv_build_finish(b);
}

static void
teredo(struct tv_build *b)
{
        put_port(b, 3544);
        put_teredo_tcp(b);
}

static void
teredo_indications(struct tv_build *b)
{
        tv_build_ethernet(b, 0x0800);
        put_ipv4(b, 17);
        put_udp(b, 3544, 50000); /* from the server */
        tv_build_be32(b, 0x00010203);
        tv_build_bytes(b, "IDkey", 5);
        tv_build_zeros(b, 9);
        tv_build_be32(b, 0x00001234);
        tv_build_be32(b, 0xf5fffffe);
        put_teredo_tcp(b);
}

static void
lisp(struct tv_build *b)
{
        put_port(b, 4341);
        tv_build_be32(b, 0x88112233); /* nonce, instance */
        tv_build_be32(b, 0x00123401);
        put_tcp(b, 4);
}

static void
capwap(struct tv_build *b)
{
        put_port(b, 5247);
        tv_build_be32(b, 0x00108200); /* two words, radio 2, IEEE 802.11 bound, not native */
        tv_build_be32(b, 0);
        tv_build_ethernet(b, 0x0800);
        put_tcp(b, 4);
}

static void
put_wireless(struct tv_build *b, uint16_t control)
{
        put_port(b, 5247);
        tv_build_be32(b, 0x00108300); /* native */
        tv_build_be32(b, 0);
        tv_build_be16(b, control);
        tv_build_zeros(b, 2 + 18 + 2 + 2); /* duration, addresses, sequence control, QoS control */
        tv_build_bytes(b, "\xaa\xaa\x03\0\0\0\x08\0", 8);
        put_tcp(b, 4);
}

static void
capwap_native(struct tv_build *b)
{
        put_wireless(b, 0x8801); /* QoS data to the distribution system */
}

static void
capwap_swapped(struct tv_build *b)
{
        put_wireless(b, 0x0188);
}

static void
tzsp(struct tv_build *b)
{
        put_port(b, 37008);
        tv_build_be32(b, 0x01000001);
        tv_build_bytes(b, "\x00\x0a\x01\xc0\x01", 5); /* padding, signal strength, end */
        tv_build_ethernet(b, 0x0800);
        put_tcp(b, 4);
}

static void
ayiya(struct tv_build *b)
{
        put_port(b, 5072);
        tv_build_be32(b, 0x41521129); /* identity of 16 octets, SHA1 of five words, shared secret, forward, IPv6 */
        tv_build_be32(b, 0x4b000000);
        tv_build_zeros(b, 16 + 20);
        put_tcp(b, 6);
}

/* Puts padding, trailer and a check value of |check| octets behind the packet that is there. */
static void
put_esp_trailer(struct tv_build *b, size_t payload, uint8_t next, size_t check)
{
        uint8_t pad = (uint8_t)((8 - (payload + 2) % 8) % 8);

        for (uint8_t i = 1; i <= pad; i++)
                tv_build_bytes(b, &i, 1);
        tv_build_bytes(b, &pad, 1);
        tv_build_bytes(b, &next, 1);
        for (size_t i = 0; i < check; i++)
                tv_build_bytes(b, (const uint8_t[]){(uint8_t)(0x91 + 37 * i)}, 1);
}

static void
put_esp(struct tv_build *b)
{
        tv_build_be32(b, 0x00001234);
        tv_build_be32(b, 9);
}

static void
esp_tunnel(struct tv_build *b)
{
        put_protocol(b, 50);
        put_esp(b);
        put_tcp(b, 4);
        put_esp_trailer(b, 50, 4, 12);
}

static void
esp_tunnel_ipv6_gmac(struct tv_build *b)
{
        put_protocol(b, 50);
        put_esp(b);
        tv_build_be32(b, 0x01020304); /* initialization vector */
        tv_build_be32(b, 0x05060708);
        put_tcp(b, 6);
        put_esp_trailer(b, 70, 41, 16);
}

static void
esp_transport(struct tv_build *b)
{
        /* The builder knows checksums of a TCP header behind an IP header only: they are made there, then ESP's
         * header is moved in between. */
        struct tv_build plain = {.length = 0};

        tv_build_ipv4(&plain, 6, 0, 0);
        tv_build_tcp(&plain, TV_ACK, NULL, 0);
        tv_build_payload(&plain, 10);
        tv_build_finish(&plain);
        put_protocol(b, 50);
        put_esp(b);
        b->tcp = b->length;
        tv_build_bytes(b, plain.bytes + 20, 30);
        put_esp_trailer(b, 30, 6, 16);
}

static void
esp_in_udp(struct tv_build *b)
{
        put_port(b, 4500);
        put_esp(b);
        put_tcp(b, 4);
        put_esp_trailer(b, 50, 4, 0);
}

static const struct {
        void (*put)(struct tv_build *b);
        uint8_t steps;
        struct {
                enum tv_step kind;
                uint32_t id;
        } step[3];
        enum tv_bucket outside; /* what the packet is when nothing is found in it */
        bool needs_all;         /* a cut packet is not looked into */
} tunnels[] = {
        {mpls, 2, {{TV_STEP_MPLS, 0x12345}, {TV_STEP_MPLS, 17}}, TV_BUCKET_not_ip, false},
        {mpls_ipv6, 1, {{TV_STEP_MPLS, 2}}, TV_BUCKET_not_ip, false},
        {mpls_pseudowire, 2, {{TV_STEP_MPLS, 16}, {TV_STEP_VLAN, 5}}, TV_BUCKET_not_ip, false},
        {mpls_control_word, 1, {{TV_STEP_MPLS, 16}}, TV_BUCKET_not_ip, false},
        {mpls_address_like_ip, 1, {{TV_STEP_MPLS, 16}}, TV_BUCKET_not_ip, false},
        {mpls_in_ip, 1, {{TV_STEP_MPLS, 16}}, TV_BUCKET_other_ip, false},
        {mpls_in_udp, 1, {{TV_STEP_MPLS, 16}}, TV_BUCKET_udp, false},
        {pppoe, 1, {{TV_STEP_PPPOE, 0x1234}}, TV_BUCKET_not_ip, false},
        {pppoe_ipv6_compressed, 1, {{TV_STEP_PPPOE, 0x1234}}, TV_BUCKET_not_ip, false},
        {gre, 1, {{TV_STEP_GRE, 0}}, TV_BUCKET_other_ip, false},
        {gre_all_fields, 1, {{TV_STEP_GRE_KEY, 0x01020304}}, TV_BUCKET_other_ip, false},
        {gre_bridged, 1, {{TV_STEP_GRE_KEY, 0x123401}}, TV_BUCKET_other_ip, false},
        {gre_in_udp, 1, {{TV_STEP_GRE, 0}}, TV_BUCKET_udp, false},
        {pptp, 1, {{TV_STEP_PPTP, 0xbeef}}, TV_BUCKET_other_ip, false},
        {wccp, 1, {{TV_STEP_GRE, 0}}, TV_BUCKET_other_ip, false},
        {wccp_version_1, 1, {{TV_STEP_GRE, 0}}, TV_BUCKET_other_ip, false},
        {erspan_1, 1, {{TV_STEP_GRE, 0}}, TV_BUCKET_other_ip, false},
        {erspan_2, 2, {{TV_STEP_GRE, 0}, {TV_STEP_ERSPAN, 0x155}}, TV_BUCKET_other_ip, false},
        {erspan_3, 2, {{TV_STEP_GRE, 0}, {TV_STEP_ERSPAN, 0x155}}, TV_BUCKET_other_ip, false},
        {erspan_3_ip, 2, {{TV_STEP_GRE, 0}, {TV_STEP_ERSPAN, 0x155}}, TV_BUCKET_other_ip, false},
        {ip_in_ip, 1, {{TV_STEP_IPV4, 0}}, TV_BUCKET_other_ip, false},
        {six_in_four_by_4, 1, {{TV_STEP_IPV4, 0}}, TV_BUCKET_other_ip, false},
        {six_in_four, 1, {{TV_STEP_IPV4, 0}}, TV_BUCKET_other_ip, false},
        {four_in_six, 1, {{TV_STEP_IPV6, 0}}, TV_BUCKET_other_ip, false},
        {etherip, 1, {{TV_STEP_ETHERIP, 0}}, TV_BUCKET_other_ip, false},
        {l2tpv3, 1, {{TV_STEP_L2TP, 0xabcdef}}, TV_BUCKET_other_ip, false},
        {l2tpv3_in_udp, 1, {{TV_STEP_L2TP, 0xabcdef}}, TV_BUCKET_udp, false},
        {l2tp, 1, {{TV_STEP_L2TP, 0x42}}, TV_BUCKET_udp, false},
        {l2tp_short, 1, {{TV_STEP_L2TP, 0x42}}, TV_BUCKET_udp, false},
        {vxlan, 1, {{TV_STEP_VXLAN, 0x1234}}, TV_BUCKET_udp, false},
        {vxlan_old_port_in_ipv6, 1, {{TV_STEP_VXLAN, 0x1234}}, TV_BUCKET_udp, false},
        {vxlan_no_flag, 1, {{TV_STEP_VXLAN, 0x1234}}, TV_BUCKET_udp, false},
        {vxlan_gpe, 1, {{TV_STEP_VXLAN, 0x1234}}, TV_BUCKET_udp, false},
        {vxlan_nsh, 2, {{TV_STEP_VXLAN, 0x1234}, {TV_STEP_SERVICE_PATH, 0x7777}}, TV_BUCKET_udp, false},
        {geneve, 1, {{TV_STEP_GENEVE, 0x1234}}, TV_BUCKET_udp, false},
        {geneve_ip, 1, {{TV_STEP_GENEVE, 0x1234}}, TV_BUCKET_udp, false},
        {gtp, 1, {{TV_STEP_GTP, 0x01020304}}, TV_BUCKET_udp, false},
        {gtp_extensions, 1, {{TV_STEP_GTP, 0x01020304}}, TV_BUCKET_udp, false},
        {gtp_ethernet, 1, {{TV_STEP_GTP, 0x01020304}}, TV_BUCKET_udp, false},
        {gtp_ppp, 1, {{TV_STEP_GTP, 0x01020304}}, TV_BUCKET_udp, false},
        {gtp_version_0, 1, {{TV_STEP_GTP, 0x0304}}, TV_BUCKET_udp, false},
        {teredo, 1, {{TV_STEP_TEREDO, 0}}, TV_BUCKET_udp, false},
        {teredo_indications, 1, {{TV_STEP_TEREDO, 0}}, TV_BUCKET_udp, false},
        {lisp, 1, {{TV_STEP_LISP, 0x1234}}, TV_BUCKET_udp, false},
        {capwap, 1, {{TV_STEP_CAPWAP, 2}}, TV_BUCKET_udp, false},
        {capwap_native, 1, {{TV_STEP_CAPWAP, 2}}, TV_BUCKET_udp, false},
        {capwap_swapped, 1, {{TV_STEP_CAPWAP, 2}}, TV_BUCKET_udp, false},
        {tzsp, 1, {{TV_STEP_TZSP, 0}}, TV_BUCKET_udp, false},
        {ayiya, 1, {{TV_STEP_AYIYA, 0}}, TV_BUCKET_udp, false},
        {esp_tunnel, 1, {{TV_STEP_ESP, 0x1234}}, TV_BUCKET_other_ip, true},
        {esp_tunnel_ipv6_gmac, 1, {{TV_STEP_ESP, 0x1234}}, TV_BUCKET_other_ip, true},
        {esp_transport, 1, {{TV_STEP_ESP, 0x1234}}, TV_BUCKET_other_ip, true},
        {esp_in_udp, 1, {{TV_STEP_ESP, 0x1234}}, TV_BUCKET_udp, true},
};

enum { TUNNELS = sizeof tunnels / sizeof *tunnels };

static void
each_tunnel_leads_to_the_segment_in_it(void **state)
{
        (void)state;
        for (unsigned i = 0; i < TUNNELS; i++) {
                struct tv_build b;

                begin(&b);
                tunnels[i].put(&b);
                finish(&b);
                if (tv_build_decode(&b, DLT_EN10MB, &seg, &more) != TV_BUCKET_tcp)
                        fail_msg("no segment in tunnel %u", i);
                assert_int_equal(seg.seq, 1000);
                assert_int_equal(seg.length, 10);
                assert_int_equal(seg.checksum, TV_CHECKSUM_GOOD);
                assert_true(seg.bits & TV_SEG_MORE);
                assert_int_equal(more.context.steps, tunnels[i].steps);
                for (unsigned k = 0; k < tunnels[i].steps; k++) {
                        assert_int_equal(more.context.kind[k], tunnels[i].step[k].kind);
                        assert_int_equal(more.context.id[k], tunnels[i].step[k].id);
                }
        }
}

/* What is cut behind the TCP header is a segment with the length that its headers tell; before, there is none. */
static void
tunnels_cut_at_every_length_tell_no_more_than_is_there(void **state)
{
        (void)state;
        for (unsigned i = 0; i < TUNNELS; i++) {
                struct tv_build b;
                size_t tcp_end;

                begin(&b);
                tunnels[i].put(&b);
                finish(&b);
                tcp_end = b.tcp + 20;
                for (size_t captured = 0; captured < b.length; captured++) {
                        enum tv_bucket bucket = tv_build_decode_cut(&b, DLT_EN10MB, captured, b.length, &seg, &more);

                        if (tunnels[i].needs_all || captured < tcp_end) {
                                if (bucket == TV_BUCKET_tcp)
                                        fail_msg("tunnel %u, %zu octets: a segment out of nothing", i, captured);
                                continue;
                        }
                        if (bucket != TV_BUCKET_tcp)
                                fail_msg("tunnel %u, %zu octets: no segment", i, captured);
                        assert_int_equal(seg.length, 10);
                        assert_int_equal(more.context.steps, tunnels[i].steps);
                }
        }
}

/* The same where the headers promise no more than there is: the outer lengths are those of the piece. */
static void
tunnels_that_end_early_hold_no_segment(void **state)
{
        (void)state;
        for (unsigned i = 0; i < TUNNELS; i++) {
                struct tv_build b;
                size_t tcp;

                begin(&b);
                tunnels[i].put(&b);
                tcp = b.tcp;
                for (size_t length = 54; length < tcp; length++) {
                        b.length = length;
                        finish(&b);
                        if (tv_build_decode(&b, DLT_EN10MB, &seg, &more) == TV_BUCKET_tcp)
                                fail_msg("tunnel %u, %zu octets: a segment out of nothing", i, length);
                        begin(&b);
                        tunnels[i].put(&b);
                }
        }
}

/* One octet is not what the tunnel's header demands: the packet stays what it is outside. */
static void
what_is_no_such_tunnel_stays_what_it_is_outside(void **state)
{
        enum { ETHERNET = 14, IN_IP = 34, IN_UDP = 42 };
        static const struct {
                void (*put)(struct tv_build *b);
                size_t at;
                uint8_t value;
                enum tv_bucket bucket;
        } cases[] = {
                {mpls_ipv6, ETHERNET + 2, 0xe1, TV_BUCKET_not_ip}, /* OAM alert label, without IP behind */
                {mpls, ETHERNET + 8, 0x15, TV_BUCKET_not_ip},      /* pseudowire control channel */
                {mpls_control_word, ETHERNET + 4, 0x10, TV_BUCKET_not_ip},
                {mpls_pseudowire, ETHERNET + 4 + 16, 0x09, TV_BUCKET_not_ip},
                {mpls_in_udp, IN_UDP + 5, 0x20, TV_BUCKET_udp},   /* a wrong header checksum */
                {mpls_in_udp, IN_UDP + 2, 0x00, TV_BUCKET_udp},   /* no bottom */
                {pppoe, ETHERNET, 0x12, TV_BUCKET_not_ip},        /* version and type */
                {pppoe, ETHERNET + 1, 0xa7, TV_BUCKET_not_ip},    /* PADT */
                {pppoe, ETHERNET + 6, 0xc0, TV_BUCKET_not_ip},    /* LCP */
                {gre, IN_IP + 1, 0x02, TV_BUCKET_other_ip},       /* version 2 */
                {gre, IN_IP + 1, 0x08, TV_BUCKET_other_ip},       /* a reserved bit */
                {gre, IN_IP + 2, 0x00, TV_BUCKET_other_ip},       /* keepalive: type 0 */
                {pptp, IN_IP, 0x10, TV_BUCKET_other_ip},          /* version 1 without key */
                {erspan_2, IN_IP + 8, 0x30, TV_BUCKET_other_ip},  /* version 3 */
                {erspan_3, IN_IP + 18, 0x10, TV_BUCKET_other_ip}, /* frame type 4 */
                {etherip, IN_IP, 0x40, TV_BUCKET_other_ip},
                {l2tpv3, IN_IP + 12 + 24, 0x40, TV_BUCKET_other_ip},
                {l2tp, IN_UDP, 0xca, TV_BUCKET_udp},     /* control */
                {l2tp, IN_UDP + 1, 0x12, TV_BUCKET_udp}, /* reserved */
                {l2tp, IN_UDP + 1, 0x01, TV_BUCKET_udp}, /* L2F */
                {l2tp, IN_UDP + 2, 0x10, TV_BUCKET_udp}, /* longer than the datagram */
                {l2tp, IN_UDP + 12, 0x10, TV_BUCKET_udp},
                {l2tpv3_in_udp, IN_UDP, 0x02, TV_BUCKET_udp},               /* a reserved bit */
                {vxlan_no_flag, IN_UDP + 8 + 14 + 11, 0x00, TV_BUCKET_udp}, /* a wrong header checksum */
                {vxlan_gpe, IN_UDP, 0x2c, TV_BUCKET_udp},                   /* version 2 */
                {vxlan_gpe, IN_UDP + 3, 0x77, TV_BUCKET_udp},
                {geneve_ip, IN_UDP, 0x40, TV_BUCKET_udp}, /* version 1 without a frame to be seen */
                {geneve, IN_UDP, 0x3f, TV_BUCKET_udp},    /* more options than there are octets */
                {geneve, IN_UDP + 2, 0x05, TV_BUCKET_udp},
                {gtp, IN_UDP, 0x20, TV_BUCKET_udp},     /* GTP prime */
                {gtp, IN_UDP, 0x50, TV_BUCKET_udp},     /* version 2 */
                {gtp, IN_UDP + 1, 0x01, TV_BUCKET_udp}, /* echo request */
                {gtp, IN_UDP + 8, 0x99, TV_BUCKET_udp},
                {gtp_extensions, IN_UDP + 12, 0x00, TV_BUCKET_udp}, /* an extension header of no length */
                {gtp_extensions, IN_UDP + 12, 0xff, TV_BUCKET_udp},
                {teredo, IN_UDP, 0x40, TV_BUCKET_udp},
                {teredo, IN_UDP + 24 + 3, 0x02, TV_BUCKET_udp}, /* neither end is a Teredo client */
                {teredo_indications, IN_UDP + 2, 0xff, TV_BUCKET_udp},
                {lisp, IN_UDP + 8 + 11, 0x00, TV_BUCKET_udp},      /* a wrong header checksum */
                {capwap, IN_UDP, 0x01, TV_BUCKET_udp},             /* DTLS */
                {capwap, IN_UDP + 1, 0x08, TV_BUCKET_udp},         /* shorter than its fixed part */
                {capwap, IN_UDP + 3, 0x80, TV_BUCKET_udp},         /* fragment */
                {capwap_native, IN_UDP + 8, 0x84, TV_BUCKET_udp},  /* no data frame */
                {capwap_native, IN_UDP + 8, 0xc8, TV_BUCKET_udp},  /* no data in it */
                {capwap_native, IN_UDP + 9, 0x41, TV_BUCKET_udp},  /* encrypted */
                {capwap_native, IN_UDP + 32, 0x80, TV_BUCKET_udp}, /* several frames in one */
                {tzsp, IN_UDP, 0x02, TV_BUCKET_udp},
                {tzsp, IN_UDP + 1, 0x04, TV_BUCKET_udp}, /* keepalive */
                {tzsp, IN_UDP + 3, 0x77, TV_BUCKET_udp},
                {tzsp, IN_UDP + 6, 0xff, TV_BUCKET_udp}, /* a tag longer than the datagram */
                {ayiya, IN_UDP + 1, 0x53, TV_BUCKET_udp},
                {ayiya, IN_UDP + 2, 0x12, TV_BUCKET_udp}, /* echo request */
                {ayiya, IN_UDP + 3, 0x3b, TV_BUCKET_udp},
                {esp_tunnel, IN_IP + 8 + 10, 0x00, TV_BUCKET_other_ip},            /* a wrong header checksum */
                {esp_tunnel, IN_IP + 8 + 52, 0x07, TV_BUCKET_other_ip},            /* other padding */
                {esp_tunnel, IN_IP + 8 + 55, 0x29, TV_BUCKET_other_ip},            /* the trailer says IPv6 */
                {esp_tunnel_ipv6_gmac, IN_IP + 16 + 45, 0x77, TV_BUCKET_other_ip}, /* TCP checksum */
                {esp_transport, IN_IP + 8 + 25, 0x77, TV_BUCKET_other_ip},
                {esp_in_udp, IN_UDP + 2, 0x00, TV_BUCKET_udp}, /* with the next: a message of IKE */
        };

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
                struct tv_build b;
                enum tv_bucket bucket;

                begin(&b);
                cases[i].put(&b);
                finish(&b);
                assert_int_not_equal(b.bytes[cases[i].at], cases[i].value);
                b.bytes[cases[i].at] = cases[i].value;
                if (cases[i].put == esp_in_udp)
                        b.bytes[cases[i].at + 1] = 0;
                bucket = tv_build_decode(&b, DLT_EN10MB, &seg, &more);
                if (bucket != cases[i].bucket)
                        fail_msg("case %zu: bucket %d", i, bucket);
        }
}

static void
tunnels_in_tunnels_are_kept_outermost_first(void **state)
{
        static const struct {
                enum tv_step kind;
                uint32_t id;
        } way[] = {{TV_STEP_VLAN, 10}, {TV_STEP_GTP, 5},   {TV_STEP_GRE_KEY, 6}, {TV_STEP_MPLS, 16},
                   {TV_STEP_IPV4, 0},  {TV_STEP_VXLAN, 7}, {TV_STEP_VLAN, 20}};
        struct tv_build b;

        (void)state;
        begin(&b);
        tv_build_ethernet(&b, 0x8100);
        tv_build_be32(&b, 0x000a0800);
        put_ipv4(&b, 17);
        put_udp(&b, 2152, 2152);
        tv_build_bytes(&b, "\x30\xff\0\0", 4);
        tv_build_be32(&b, 5);
        size_t gtp_at = b.length;
        put_ipv4(&b, 47);
        tv_build_be32(&b, 0x20008847);
        tv_build_be32(&b, 6);
        tv_build_be32(&b, 0x00010140);
        put_ipv4(&b, 41);
        put_ipv6(&b, 17);
        put_udp(&b, 1, 4789);
        tv_build_be32(&b, 0x08000000);
        tv_build_be32(&b, 0x00000700);
        tv_build_ethernet(&b, 0x8100);
        tv_build_be32(&b, 0x00140800);
        put_tcp(&b, 4);
        finish(&b);
        tv_build_poke16(&b, gtp_at - 6, (uint16_t)(b.length - gtp_at));
        assert_int_equal(tv_build_decode(&b, DLT_EN10MB, &seg, &more), TV_BUCKET_tcp);
        assert_int_equal(seg.length, 10);
        assert_int_equal(more.context.steps, sizeof way / sizeof *way);
        for (size_t i = 0; i < sizeof way / sizeof *way; i++) {
                assert_int_equal(more.context.kind[i], way[i].kind);
                assert_int_equal(more.context.id[i], way[i].id);
        }
}

static void
deep_nests_are_walked_and_their_first_steps_kept(void **state)
{
        struct tv_build b;

        (void)state;
        begin(&b);
        tv_build_ethernet(&b, 0x0800);
        for (int i = 0; i < 150; i++) {
                tv_build_ipv4(&b, 4, 0, 0);
                tv_build_poke16(&b, b.ip + 2, (uint16_t)(150 * 20 + 50 - 20 * i));
        }
        put_tcp(&b, 4);
        assert_int_equal(tv_build_decode(&b, DLT_EN10MB, &seg, &more), TV_BUCKET_tcp);
        assert_int_equal(more.context.steps, TV_MAX_STEPS);

        /* A stack of labels that fills the packet. */
        begin(&b);
        tv_build_ethernet(&b, 0x8847);
        for (int i = 0; i < 900; i++)
                tv_build_be32(&b, 0x00010040);
        assert_int_equal(tv_build_decode(&b, DLT_EN10MB, &seg, &more), TV_BUCKET_not_ip);
        tv_build_be32(&b, 0x00010140);
        put_tcp(&b, 4);
        assert_int_equal(tv_build_decode(&b, DLT_EN10MB, &seg, &more), TV_BUCKET_tcp);
        assert_int_equal(more.context.steps, TV_MAX_STEPS);
}

static void
a_datagram_with_two_ports_of_tunnels_is_tried_as_both(void **state)
{
        struct tv_build b;

        (void)state;
        begin(&b);
        tv_build_ethernet(&b, 0x0800);
        put_ipv4(&b, 17);
        put_udp(&b, 4789, 2152); /* the destination's would be GTP */
        tv_build_be32(&b, 0x08000000);
        tv_build_be32(&b, 0x00123400);
        tv_build_ethernet(&b, 0x0800);
        put_tcp(&b, 4);
        finish(&b);
        assert_int_equal(tv_build_decode(&b, DLT_EN10MB, &seg, &more), TV_BUCKET_tcp);
        assert_int_equal(more.context.steps, 1);
        assert_int_equal(more.context.kind[0], TV_STEP_VXLAN);
}

/* Segmentation offload leaves lengths to the network card: 0 in the outer headers. */
static void
lengths_left_to_the_network_card_do_not_hide_the_segment(void **state)
{
        struct tv_build b;

        (void)state;
        begin(&b);
        vxlan(&b);
        finish(&b);
        tv_build_poke16(&b, 14 + 2, 0);
        tv_build_poke16(&b, 34 + 4, 0);
        assert_int_equal(tv_build_decode(&b, DLT_EN10MB, &seg, &more), TV_BUCKET_tcp);
        assert_int_equal(seg.length, 10);
        assert_int_equal(seg.checksum, TV_CHECKSUM_GOOD);
}

/* What the outer headers do not promise is a trailer: of the outer Ethernet frame, not of the inner packet. */
static void
padding_behind_a_tunnel_is_no_payload(void **state)
{
        struct tv_build b;

        (void)state;
        begin(&b);
        vxlan(&b);
        finish(&b);
        tv_build_poke16(&b, b.ip + 2, 0); /* the inner length is to be guessed */
        tv_build_zeros(&b, 6);
        assert_int_equal(tv_build_decode(&b, DLT_EN10MB, &seg, &more), TV_BUCKET_tcp);
        assert_int_equal(seg.length, 10);
}

static uint64_t
next_random(uint64_t *state)
{
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        return *state;
}

/* The ports of tunnels are also those of other datagrams: of octets that begin as the tunnel's header and IPv6's do and
 * name TCP, yet are random otherwise, none may become a segment. */
static void
random_datagrams_on_the_ports_of_tunnels_hold_no_segments(void **state)
{
        static const struct {
                uint16_t port;
                const char *begin; /* octets that are as the tunnel wants them; where IPv6 begins is behind */
                unsigned octets;
        } cases[] = {
                {2152, "\x30\xff\0\0\0\0\0\1", 8},
                {3386, "\x10\xff\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0", 20},
                {3544, "", 0},
                {4789, "\x08\0\0\0\0\0\1\0\2\0\0\0\0\1\2\0\0\0\0\2\x86\xdd", 22},
                {4790, "\x0c\0\0\2\0\0\1\0", 8},
                {4790, "\x0c\0\0\5\0\0\1\0\0\1\1\x40", 12},
                {6081, "\0\0\x86\xdd\0\0\1\0", 8},
                {6635, "\0\1\1\x40", 4},
        };
        uint64_t random = 88172645463325252u;

        (void)state;
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
                for (unsigned k = 0; k < 2000; k++) {
                        struct tv_build b;
                        size_t ip;

                        begin(&b);
                        put_port(&b, cases[i].port);
                        tv_build_bytes(&b, cases[i].begin, cases[i].octets);
                        ip = b.length;
                        for (unsigned words = 0; words < 20; words++)
                                tv_build_bytes(&b, (const uint64_t[]){next_random(&random)}, 8);
                        b.bytes[ip] = 0x60;
                        b.bytes[ip + 4] = 0; /* a length that fits, if not exactly */
                        b.bytes[ip + 5] &= 0x3f;
                        b.bytes[ip + 6] = 6;
                        if (k % 2 != 0)
                                memcpy(b.bytes + ip + 8, "\x20\1\0", 4);
                        finish(&b);
                        if (cases[i].port == 2152 || cases[i].port == 3386)
                                tv_build_poke16(&b, 42 + 2, (uint16_t)(b.length - ip));
                        if (tv_build_decode(&b, DLT_EN10MB, &seg, &more) == TV_BUCKET_tcp)
                                fail_msg("case %zu, datagram %u: a segment out of nothing", i, k);
                }
}

/* A frame in a pseudowire, encrypted, between stations whose addresses begin as IPv6 does and name TCP in its place. */
static void
frames_whose_addresses_look_like_ip_are_no_ip(void **state)
{
        uint64_t random = 88172645463325252u;

        (void)state;
        for (unsigned i = 0; i < 2000; i++) {
                struct tv_build b;

                begin(&b);
                tv_build_ethernet(&b, 0x8847);
                tv_build_be32(&b, 0x00010140);
                /* The second time the length in the place of IPv6's does not go beyond the frame's end. */
                tv_build_bytes(&b, "\x66\0\0\0\x03\1\x06\0\0\0\0\2\x88\xe5\x2c", 15);
                if (i % 2 != 0)
                        b.bytes[18 + 4] = 0;
                for (unsigned words = 0; words < 20; words++)
                        tv_build_bytes(&b, (const uint64_t[]){next_random(&random)}, 8);
                if (tv_build_decode(&b, DLT_EN10MB, &seg, &more) != TV_BUCKET_not_ip)
                        fail_msg("frame %u", i);
        }
}

/* The inner header promises what the outer one denies: octets behind it that are no part of its packet. */
static void
no_packet_is_longer_than_the_one_around_it(void **state)
{
        static void (*const puts[])(struct tv_build *) = {pppoe, pppoe_ipv6_compressed, six_in_four, ip_in_ip};

        (void)state;
        for (size_t i = 0; i < sizeof puts / sizeof *puts; i++) {
                struct tv_build b;
                uint16_t length;

                begin(&b);
                puts[i](&b);
                finish(&b);
                tv_build_zeros(&b, 6);
                if (b.bytes[b.ip] >> 4 == 4) {
                        length = (uint16_t)(b.bytes[b.ip + 2] << 8 | b.bytes[b.ip + 3]);
                        tv_build_poke16(&b, b.ip + 2, (uint16_t)(length + 6));
                        tv_build_poke16(&b, b.ip + 10, 0);
                        tv_build_poke16(&b, b.ip + 10, (uint16_t)~tv_build_sum(b.bytes + b.ip, 20));
                } else {
                        length = (uint16_t)(b.bytes[b.ip + 4] << 8 | b.bytes[b.ip + 5]);
                        tv_build_poke16(&b, b.ip + 4, (uint16_t)(length + 6));
                }
                assert_int_equal(tv_build_decode(&b, DLT_EN10MB, &seg, &more), TV_BUCKET_tcp);
                assert_int_equal(seg.length, 10);
                assert_true(seg.bits & TV_SEG_LENGTH_GUESSED);
                assert_false(seg.bits & TV_SEG_CUT);
                assert_int_equal(seg.checksum, TV_CHECKSUM_GOOD);
        }
}

/* Corrupted segments are segments where a length that fits exactly makes up for the checksum. */
static void
damaged_segments_in_tunnels_are_known_by_their_length(void **state)
{
        struct tv_build b;

        (void)state;
        begin(&b);
        mpls_ipv6(&b);
        finish(&b);
        b.bytes[b.tcp + 22] ^= 1;
        assert_int_equal(tv_build_decode(&b, DLT_EN10MB, &seg, &more), TV_BUCKET_tcp);
        assert_int_equal(seg.checksum, TV_CHECKSUM_WRONG);
        tv_build_zeros(&b, 4);
        assert_int_equal(tv_build_decode(&b, DLT_EN10MB, &seg, &more), TV_BUCKET_not_ip);
        b.bytes[b.tcp + 22] ^= 1;
        assert_int_equal(tv_build_decode(&b, DLT_EN10MB, &seg, &more), TV_BUCKET_tcp);
        assert_int_equal(seg.length, 10);
}

/* The checksum is right, but urgent data is too rare to be believed. */
static void
urgent_segments_are_not_believed_in_plain_esp(void **state)
{
        const size_t tcp = 14 + 20 + 8;
        struct tv_build b;

        (void)state;
        begin(&b);
        esp_transport(&b);
        finish(&b);
        b.bytes[tcp + 13] |= TV_URG;
        /* The flag adds 0x20 to the sum, the source port gives it back. */
        tv_build_poke16(&b, tcp, 40000 - TV_URG);
        assert_int_equal(tv_build_decode(&b, DLT_EN10MB, &seg, &more), TV_BUCKET_other_ip);
        b.bytes[tcp + 13] = TV_ACK | TV_CWR;
        tv_build_poke16(&b, tcp, 40000 - TV_CWR);
        assert_int_equal(tv_build_decode(&b, DLT_EN10MB, &seg, &more), TV_BUCKET_tcp);
}

/* Ciphertext must not become a segment: octets of a fixed generator, as many packets as are affordable here. */
static void
encrypted_packets_stay_encrypted(void **state)
{
        uint64_t random = 88172645463325252u;

        (void)state;
        for (unsigned i = 0; i < 100000; i++) {
                struct tv_build b;

                begin(&b);
                put_protocol(&b, 50);
                put_esp(&b);
                for (unsigned k = 0; k < 12; k++) {
                        tv_build_bytes(&b, (const uint64_t[]){next_random(&random)}, 8);
                }
                /* The worst case: the trailer is right by chance. */
                b.bytes[b.length - 12 - 1] = i % 3 == 0 ? 4 : i % 3 == 1 ? 41 : 6;
                b.bytes[b.length - 12 - 2] = 0;
                finish(&b);
                assert_int_equal(tv_build_decode(&b, DLT_EN10MB, &seg, &more), TV_BUCKET_other_ip);
        }
}

int
main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_tunnel_leads_to_the_segment_in_it),
                cmocka_unit_test(tunnels_cut_at_every_length_tell_no_more_than_is_there),
                cmocka_unit_test(tunnels_that_end_early_hold_no_segment),
                cmocka_unit_test(what_is_no_such_tunnel_stays_what_it_is_outside),
                cmocka_unit_test(tunnels_in_tunnels_are_kept_outermost_first),
                cmocka_unit_test(deep_nests_are_walked_and_their_first_steps_kept),
                cmocka_unit_test(a_datagram_with_two_ports_of_tunnels_is_tried_as_both),
                cmocka_unit_test(lengths_left_to_the_network_card_do_not_hide_the_segment),
                cmocka_unit_test(padding_behind_a_tunnel_is_no_payload),
                cmocka_unit_test(random_datagrams_on_the_ports_of_tunnels_hold_no_segments),
                cmocka_unit_test(frames_whose_addresses_look_like_ip_are_no_ip),
                cmocka_unit_test(no_packet_is_longer_than_the_one_around_it),
                cmocka_unit_test(damaged_segments_in_tunnels_are_known_by_their_length),
                cmocka_unit_test(urgent_segments_are_not_believed_in_plain_esp),
                cmocka_unit_test(encrypted_packets_stay_encrypted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
