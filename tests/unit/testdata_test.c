/* The captures in testdata/ that have a text in testdata/dialogues/ are exactly what that text makes.
 * `testdata_test --write` makes them anew after a change of a text. */
#include "tests/support/dialogue.h"
#include "tests/support/testdata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct tv_dialogue *
read_dialogue(const char *name, char capture[TV_TEST_PATH])
{
        char path[TV_TEST_PATH], error[TV_DIALOGUE_ERROR];
        snprintf(path, sizeof path, "%s/dialogues/%s.txt", TV_TESTDATA, name);
        struct tv_dialogue *dialogue = tv_dialogue_read(path, NULL, error);
        if (dialogue == NULL) {
                fprintf(stderr, "%s: %s\n", path, error);
                return NULL;
        }
        snprintf(capture, TV_TEST_PATH, "%s/%s.%s", TV_TESTDATA, name, dialogue->file.pcapng ? "pcapng" : "pcap");
        return dialogue;
}

static void
each_capture_is_what_its_dialogue_makes(void **state)
{
        (void)state;
        struct tv_test_names names = tv_test_dialogues(TV_TESTDATA);
        assert_true(names.count > 50);
        for (size_t i = 0; i < names.count; i++) {
                char capture[TV_TEST_PATH];
                struct tv_dialogue *dialogue = read_dialogue(names.name[i], capture);
                assert_non_null(dialogue);
                struct tv_pcap_buffer made;
                tv_dialogue_capture(dialogue, &made);
                tv_dialogue_free(dialogue);
                assert_false(made.failed);

                FILE *file = fopen(capture, "rb");
                if (file == NULL)
                        fail_msg("%s is missing (testdata_test --write makes it)", capture);
                uint8_t *octets = malloc(made.size + 1);
                assert_non_null(octets);
                size_t size = fread(octets, 1, made.size + 1, file);
                fclose(file);
                if (size != made.size || memcmp(octets, made.data, size) != 0)
                        fail_msg("%s differs from its dialogue (testdata_test --write makes it anew)", capture);
                free(octets);
                tv_pcap_buffer_clear(&made);
        }
        tv_test_names_clear(&names);
}

static int
write_all(void)
{
        int status = EXIT_SUCCESS;
        struct tv_test_names names = tv_test_dialogues(TV_TESTDATA);
        for (size_t i = 0; i < names.count; i++) {
                char capture[TV_TEST_PATH];
                struct tv_dialogue *dialogue = read_dialogue(names.name[i], capture);
                if (dialogue == NULL || !tv_dialogue_save(dialogue, capture)) {
                        fprintf(stderr, "%s: not written\n", names.name[i]);
                        status = EXIT_FAILURE;
                }
                tv_dialogue_free(dialogue);
        }
        tv_test_names_clear(&names);
        return status;
}

int
main(int argc, char **argv)
{
        if (argc == 2 && strcmp(argv[1], "--write") == 0)
                return write_all();
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(each_capture_is_what_its_dialogue_makes),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
