// Tests of the intake: units of plain files
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "base/workers.h"
#include "intake/evidence_tree.h"

#include <pthread.h>

static struct tree_run run;

static struct slice make_blocks(size_t size) {
    uint8_t *data = memory_new(size, 1);
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(i * 2654435761u >> 24);
    memcpy(data, "BLCK", 4);
    return slice_of(data, size);
}

static void drop_blocks(struct slice bytes) {
    memory_free((void *)(uintptr_t)bytes.data);
}

static struct intake *open_paths(const char *path) {
    static const char *paths[1];
    paths[0] = path;
    struct intake_options options = {.paths = paths, .path_count = 1, .recognise = tree_recognise};
    struct intake *intake;
    assert_int_equal(intake_new(&options, &intake, &run.problem), STATUS_OK);
    return intake;
}

static void blocks_are_read_by_the_worker(void **state) {
    (void)state;
    struct slice bytes = make_blocks(8 + 37 * 65536 + 100);
    tree_write("a.blk", bytes);
    struct intake *intake = open_paths("a.blk");
    assert_int_equal(intake_total_bytes(intake), bytes.size);
    struct unit_buffer buffers[4];
    struct unit units[4];
    bool more;
    for (size_t i = 0; i < 4; i++) {
        unit_buffer_init(&buffers[i]);
        run = (struct tree_run){0};
        assert_int_equal(
            intake_next(intake, &buffers[i], &units[i], &more, tree_gap, &run, &run.problem), 0);
        assert_int_equal(more, i < 3);
    }
    // All alive at once; offsets and sizes as divided.
    static const uint64_t sizes[] = {1 << 20, 1 << 20, 5 * 65536 + 100};
    uint64_t offset = 8;
    uint8_t *copy = memory_new(1 << 20, 1);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(units[i].offset, offset);
        assert_int_equal(units[i].size, sizes[i]);
        assert_true(units[i].fd >= 0);
        assert_int_equal(unit_read(&units[i], offset, 1 << 20, copy), sizes[i]);
        assert_memory_equal(copy, bytes.data + offset, sizes[i]);
        offset += sizes[i];
    }
    // The intake is done with the file; the fd lives as long as a buffer holds it.
    int fd = units[0].fd;
    for (size_t i = 0; i < 4; i++) {
        assert_true(i == 3 || fcntl(fd, F_GETFD) >= 0);
        unit_buffer_done(&buffers[i]);
    }
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    memory_free(copy);
    intake_free(intake);
    drop_blocks(bytes);
}

static void few_files_are_open_at_once(void **state) {
    (void)state;
    struct slice bytes = make_blocks(8 + 65536);
    char path[64];
    for (int i = 0; i < 200; i++) {
        snprintf(path, sizeof path, "many/%03d.blk", i);
        tree_write(path, bytes);
    }
    struct intake *intake = open_paths("many");
    struct unit_buffer buffer;
    unit_buffer_init(&buffer);
    bool more = true;
    int highest = 0;
    for (int i = 0; i <= 200; i++) {
        struct unit unit;
        assert_int_equal(intake_next(intake, &buffer, &unit, &more, NULL, NULL, &run.problem), 0);
        assert_int_equal(more, i < 200);
        if (more && unit.fd > highest)
            highest = unit.fd;
    }
    assert_true(highest < 20);
    unit_buffer_done(&buffer);
    intake_free(intake);
    drop_blocks(bytes);
}

static void short_files(void **state) {
    (void)state;
    tree_write_text("s/a.blk", "BLCK");
    tree_write_text("s/b.blk", "BLCK1234");
    tree_write_text("s/c.blk", "BLCK1234x");
    TREE_RUN(&run, "s");
    assert_string_equal(run.text, "gap 0 at 0 of 4: file ends inside its header\n"
                                  "s/a.blk|4||0|blocks|0\n"
                                  "s/b.blk|8||0|blocks|0\n"
                                  "s/c.blk|9||0|blocks|1\n");
}

static void files_that_change_under_the_reader(void **state) {
    (void)state;
    struct slice bytes = make_blocks(8 + 48 * 65536);
    tree_write("live/1.blk", bytes);
    tree_write("live/2.blk", bytes);
    tree_write_text("live/3.log", "# gone soon\n");
    tree_write_text("live/4.log", "# grows\n");
    tree_write_text("live/5.log", "# shrinks\n");
    struct intake *intake = open_paths("live");
    unlink("live/3.log");
    tree_write_text("live/4.log", "# grows\nmore\n");
    assert_int_equal(truncate("live/5.log", 4), 0);
    struct unit_buffer buffer;
    unit_buffer_init(&buffer);
    bool more = true;
    run = (struct tree_run){.intake = intake};
    for (int i = 0; more; i++) {
        struct unit unit;
        assert_int_equal(intake_next(intake, &buffer, &unit, &more, tree_gap, &run, &run.problem),
                         0);
        if (more)
            tree_check_unit(&run, &unit);
        if (i == 0)
            assert_int_equal(truncate("live/1.blk", 8 + 20 * 65536), 0);
    }
    assert_string_equal(run.text, "gap 0 at 1310728 of 1835008: file shrank while it was read\n"
                                  "gap 2 at 0 of 12: file vanished since it was found\n"
                                  "gap 4 at 4 of 6: file shrank since it was found\n");
    assert_int_equal(run.bytes[0], 20 * 65536);
    assert_int_equal(run.bytes[1], 48 * 65536);
    assert_int_equal(run.bytes[3], 13);
    assert_int_equal(run.bytes[4], 4);
    unit_buffer_done(&buffer);
    intake_free(intake);
    drop_blocks(bytes);
}

struct crew {
    struct intake *intake;
    pthread_mutex_t lock;
    uint64_t bytes[4];
};

static enum status crew_work(void *context, unsigned worker, struct problem *problem) {
    struct crew *crew = context;
    struct unit_buffer buffer;
    unit_buffer_init(&buffer);
    uint8_t *copy = memory_new(1 << 20, 1);
    enum status status = STATUS_OK;
    for (bool more = true; more && status == STATUS_OK;) {
        struct unit unit;
        pthread_mutex_lock(&crew->lock);
        status = intake_next(crew->intake, &buffer, &unit, &more, NULL, NULL, problem);
        pthread_mutex_unlock(&crew->lock);
        if (status != STATUS_OK || !more)
            break;
        if (!intake_source(crew->intake, unit.source)->decoder)
            status = problem_set(problem, STATUS_FORMAT, "no decoder");
        crew->bytes[worker] += unit_read(&unit, unit.offset, 1 << 20, copy);
    }
    memory_free(copy);
    unit_buffer_done(&buffer);
    return status;
}

static void several_workers_share_the_units(void **state) {
    (void)state;
    struct slice bytes = make_blocks(8 + 70 * 65536);
    char path[64];
    for (int i = 0; i < 12; i++) {
        snprintf(path, sizeof path, "crew/%02d.blk", i);
        tree_write(path, bytes);
        snprintf(path, sizeof path, "crew/%02d.log", i);
        tree_write_text(path, "# some\n# lines\n");
    }
    struct crew crew = {.intake = open_paths("crew")};
    pthread_mutex_init(&crew.lock, NULL);
    assert_int_equal(workers_run(4, crew_work, &crew, &run.problem), STATUS_OK);
    pthread_mutex_destroy(&crew.lock);
    assert_int_equal(crew.bytes[0] + crew.bytes[1] + crew.bytes[2] + crew.bytes[3],
                     12 * (70 * 65536 + 15));
    intake_free(crew.intake);
    drop_blocks(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_read_by_the_worker),
        cmocka_unit_test(few_files_are_open_at_once),
        cmocka_unit_test(short_files),
        cmocka_unit_test(files_that_change_under_the_reader),
        cmocka_unit_test(several_workers_share_the_units),
    };
    return cmocka_run_group_tests(tests, tree_init, tree_done);
}
