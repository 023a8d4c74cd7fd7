/* A test is a function; a check that fails says where and goes on. Prints `ok` or `not ok` for each, then the sums. */
#ifndef HOLDFAST_TESTING_H
#define HOLDFAST_TESTING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test {
    const char *name;
    void (*body)(void);
};

static int failed_checks;

static inline bool check_at(bool holds, const char *condition, const char *file, int line) {
    if (!holds) {
        failed_checks += 1;
        printf("%s:%d: %s\n", file, line, condition);
    }
    return holds;
}

#define CHECK(condition) check_at((condition), #condition, __FILE__, __LINE__)

static inline int run_tests(const struct test *tests, size_t count) {
    size_t failed = 0;
    for (size_t i = 0; i < count; i++) {
        failed_checks = 0;
        tests[i].body();
        printf("%s %s\n", failed_checks == 0 ? "ok" : "not ok", tests[i].name);
        fflush(stdout);
        failed += failed_checks != 0;
    }
    printf("%zu passed, %zu failed\n", count - failed, failed);
    return failed == 0 ? 0 : 1;
}

/* A copy of exactly this size, so that a read beyond it is seen by a sanitizer or valgrind. */
static inline uint8_t *exact_copy(const void *bytes, size_t count) {
    uint8_t *copy = malloc(count == 0 ? 1 : count);
    if (copy == NULL) abort();
    if (count > 0) memcpy(copy, bytes, count);
    return copy;
}

#endif
