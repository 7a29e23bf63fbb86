#define _POSIX_C_SOURCE 200809L
#include "tests/support/testdata.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
by_name(const void *x, const void *y)
{
        return strcmp(x, y);
}

struct tv_test_names
tv_test_dialogues(const char *folder)
{
        struct tv_test_names names = {0};
        char path[TV_TEST_PATH];
        snprintf(path, sizeof path, "%s/dialogues", folder);
        DIR *directory = opendir(path);
        if (directory == NULL)
                return names;
        for (const struct dirent *entry; (entry = readdir(directory)) != NULL;) {
                size_t size = strlen(entry->d_name);
                if (size < 5 || strcmp(entry->d_name + size - 4, ".txt") != 0 || size - 4 >= sizeof *names.name)
                        continue;
                void *grown = realloc(names.name, (names.count + 1) * sizeof *names.name);
                if (grown == NULL)
                        break;
                names.name = grown;
                memcpy(names.name[names.count], entry->d_name, size - 4);
                names.name[names.count++][size - 4] = '\0';
        }
        closedir(directory);
        if (names.count > 0)
                qsort(names.name, names.count, sizeof *names.name, by_name);
        return names;
}

void
tv_test_names_clear(struct tv_test_names *names)
{
        free(names->name);
        *names = (struct tv_test_names){0};
}
