/* Also rewrites the data dictionary: columns_test --write docs/data-dictionary.md */
#include "report/columns.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* What |write| writes, as a string of the heap. */
static char *
written_header(enum tv_table table)
{
        struct tv_out out;
        char *text;

        assert_true(tv_out_borrow(&out, -1));
        tv_columns_header(&out, table);
        text = calloc(1, out.used + 1);
        assert_non_null(text);
        memcpy(text, out.buffer, out.used);
        tv_out_clear(&out);
        return text;
}

static void
headers_have_the_documented_columns_in_their_order(void **state)
{
        static const char *const want[TV_TABLES] = {
                [TV_TABLE_files] = "file,path,format,link_types,start,end,packets,tcp,udp,icmp,other_ip,fragment,"
                                   "not_ip,cut,malformed,unknown_link,drops,damage,damage_offset,damage_frame,"
                                   "capturer,interfaces,comments,packet_comments\r\n",
                [TV_TABLE_connections] =
                        "conn,tcp_stream,first_frame,last_frame,start,duration,a_addr,a_port,b_addr,b_port,initiator,"
                        "handshake,teardown,closed_first,a_state,b_state,a_delay,b_delay,turns,last_idle,"
                        "zeek_conn_state,zeek_history,community_id,"
                        "a_segments,a_ip_bytes,a_payload_bytes,a_unique_bytes,a_retransmissions,"
                        "a_retransmitted_bytes,a_spurious,a_out_of_order,a_network_duplicates,a_capture_duplicates,"
                        "a_missing_bytes,a_duplicate_acks,a_zero_windows,a_resets,a_isn,a_mss,a_wscale,a_sack,"
                        "a_timestamps,a_initial_window,a_rtt_min,a_rtt_p50,a_rtt_p95,a_rtt_max,a_rtt_samples,"
                        "a_max_in_flight,"
                        "b_segments,b_ip_bytes,b_payload_bytes,b_unique_bytes,b_retransmissions,"
                        "b_retransmitted_bytes,b_spurious,b_out_of_order,b_network_duplicates,b_capture_duplicates,"
                        "b_missing_bytes,b_duplicate_acks,b_zero_windows,b_resets,b_isn,b_mss,b_wscale,b_sack,"
                        "b_timestamps,b_initial_window,b_rtt_min,b_rtt_p50,b_rtt_p95,b_rtt_max,b_rtt_samples,"
                        "b_max_in_flight,"
                        "time_handshake,time_a_app,time_b_app,time_network,time_recovery,time_teardown,findings,"
                        "evicted,icmp_errors,a_way,b_way\r\n",
                [TV_TABLE_transitions] = "conn,endpoint,from,to,trigger,cause_frame,confirm_frame,earliest,latest,"
                                         "estimate,certainty,clause\r\n",
                [TV_TABLE_findings] = "finding,conn,endpoint,address,port,code,severity,confidence,blame,time,end,"
                                      "count,caused_by,frames,what,not,advice\r\n",
                [TV_TABLE_segments] = "frame,time,conn,direction,seq,ack,len,flags,window,expected_seq,expected_ack,"
                                      "data_class,reason,needed,lost,of_frame,ack_class,a_state,b_state,"
                                      "interface,passed,comment\r\n",
                [TV_TABLE_listeners] = "address,port,places,first,last,connections,complete,no_answer,"
                                       "half_open,refused,unreachable,aborted,simultaneous,not_captured,syns,"
                                       "syn_retries,synacks,synack_retries,ignored,most_half_open,"
                                       "most_half_open_time,closed_first,closed_first_peer,closed_first_both,"
                                       "resets_sent,resets_received,payload_sent,payload_received,"
                                       "retransmissions_sent,retransmissions_received,rtt_min,rtt_p50,rtt_p95,"
                                       "rtt_max,rtt_samples,closed,listen,syn_sent,syn_rcvd,established,"
                                       "fin_wait_1,fin_wait_2,close_wait,closing,last_ack,time_wait\r\n",
                [TV_TABLE_hosts] = "address,listeners,opened,accepted,first,last,connections,complete,"
                                   "no_answer,half_open,refused,unreachable,aborted,simultaneous,"
                                   "not_captured,syns,syn_retries,synacks,synack_retries,ignored,"
                                   "most_half_open,most_half_open_time,closed_first,closed_first_peer,"
                                   "closed_first_both,resets_sent,resets_received,payload_sent,"
                                   "payload_received,retransmissions_sent,retransmissions_received,rtt_min,"
                                   "rtt_p50,rtt_p95,rtt_max,rtt_samples,closed,listen,syn_sent,syn_rcvd,"
                                   "established,fin_wait_1,fin_wait_2,close_wait,closing,last_ack,"
                                   "time_wait\r\n",
                [TV_TABLE_series] = "time,step,address,port,half_open,syns,synacks,synack_retries,completed,"
                                    "resets,syn_sent,syn_rcvd,established,fin_wait_1,fin_wait_2,close_wait,"
                                    "closing,last_ack,time_wait\r\n",
        };

        (void)state;
        for (int table = 0; table < TV_TABLES; table++) {
                char *got = written_header((enum tv_table)table);

                assert_string_equal(got, want[table]);
                free(got);
        }
}

static void
every_column_has_a_unit_and_a_meaning_that_is_a_sentence(void **state)
{
        static struct tv_column column[TV_COLUMNS_MAX];
        size_t count = tv_columns(column);

        (void)state;
        assert_in_range(count, 100, TV_COLUMNS_MAX);
        for (size_t i = 0; i < count; i++) {
                size_t length = strlen(column[i].meaning);

                assert_int_not_equal(column[i].unit[0], '\0');
                assert_true(length > 8);
                assert_true(column[i].meaning[length - 1] == '.' || column[i].meaning[length - 1] == ')');
                assert_null(strchr(column[i].meaning, '|')); /* would break the dictionary's tables */
                for (size_t k = 0; k < i; k++)
                        assert_false(column[k].table == column[i].table &&
                                     strcmp(column[k].name, column[i].name) == 0 &&
                                     strcmp(column[k].prefix, column[i].prefix) == 0);
        }
}

static void
the_committed_data_dictionary_is_the_generated_one(void **state)
{
        FILE *file = fopen(TV_TESTDATA "/../docs/data-dictionary.md", "r");
        struct tv_out out;
        char *committed;
        size_t length;

        (void)state;
        assert_non_null(file);
        committed = malloc(TV_OUT_BUFFER);
        assert_non_null(committed);
        length = fread(committed, 1, TV_OUT_BUFFER, file);
        fclose(file);
        assert_true(tv_out_borrow(&out, -1));
        tv_columns_dictionary(&out);
        if (out.used != length || memcmp(out.buffer, committed, length) != 0)
                fail_msg("docs/data-dictionary.md is old: columns_test --write docs/data-dictionary.md");
        tv_out_clear(&out);
        free(committed);
}

int
main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(headers_have_the_documented_columns_in_their_order),
                cmocka_unit_test(every_column_has_a_unit_and_a_meaning_that_is_a_sentence),
                cmocka_unit_test(the_committed_data_dictionary_is_the_generated_one),
        };

        if (argc == 3 && strcmp(argv[1], "--write") == 0) {
                struct tv_out out;
                bool ok = tv_out_open(&out, argv[2]);

                if (ok)
                        tv_columns_dictionary(&out);
                return tv_out_close(&out, NULL) && ok ? EXIT_SUCCESS : EXIT_FAILURE;
        }
        return cmocka_run_group_tests(tests, NULL, NULL);
}
