// Files that several units share
// SPDX-License-Identifier: Apache-2.0
#ifndef INTAKE_OPEN_FILE_H
#define INTAKE_OPEN_FILE_H

// An fd with a count of its users: the intake while it divides the file, and each unit buffer
// whose unit reads from it. The last one to drop it closes it, so that no more files are open
// than there are workers, plus one. Thread-safe.
struct open_file;

// Takes over `fd`; one user.
struct open_file *open_file_new(int fd);
struct open_file *open_file_take(struct open_file *file);
// NULL is fine.
void open_file_drop(struct open_file *file);
int open_file_fd(const struct open_file *file);

#endif
