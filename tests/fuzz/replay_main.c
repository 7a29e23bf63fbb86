/* replay_main.c - runs a fuzz target over the files given, for builds without libFuzzer: seeds and former crashes are
 * regression tests of every build. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REPLAY_MAX ((size_t)64 << 20)

static int
replay(const char *path)
{
        FILE *file = fopen(path, "rb");
        if (file == NULL) {
                perror(path);
                return 1;
        }
        uint8_t *data = NULL;
        size_t size = 0, room = 0;
        for (;;) {
                if (size == room) {
                        room = room == 0 ? 65536 : room * 2;
                        uint8_t *more = room > REPLAY_MAX ? NULL : realloc(data, room);
                        if (more == NULL) {
                                fprintf(stderr, "%s: too large\n", path);
                                free(data);
                                fclose(file);
                                return 1;
                        }
                        data = more;
                }
                size_t n = fread(data + size, 1, room - size, file);
                if (n == 0)
                        break;
                size += n;
        }
        fclose(file);
        /* An allocation of the exact size, so that AddressSanitizer sees a read past the end. */
        uint8_t *exact = malloc(size == 0 ? 1 : size);
        if (exact == NULL) {
                free(data);
                return 1;
        }
        for (size_t i = 0; i < size; i++)
                exact[i] = data[i];
        free(data);
        LLVMFuzzerTestOneInput(exact, size);
        free(exact);
        return 0;
}

int
main(int argc, char **argv)
{
        int status = 0;
        LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
        for (int i = 1; i < argc; i++)
                status |= replay(argv[i]);
        return status;
}
