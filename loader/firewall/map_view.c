// SPDX-License-Identifier: GPL-2.0
/*
 * map_view.c - a part of a mmapable array map. See map_view.h.
 *
 * Why it exists: an image of a hundred thousand lines is megabytes; written and
 * read element by element it would take longer than to compile it.
 */
#include <sys/mman.h>

#include <bpf/bpf.h>

#include "map_view.h"

int map_view_open(int map_fd, uint32_t element_bytes, uint32_t first, size_t n,
		  enum map_access access, struct map_view *out)
{
	int protection = access == MAP_VIEW_WRITE ? PROT_READ | PROT_WRITE : PROT_READ;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t begin = (size_t)first * element_bytes;
	size_t offset = begin - begin % page;
	size_t len = begin - offset + n * element_bytes;
	struct bpf_map_info info = {0};
	__u32 info_len = sizeof(info);
	void *base;

	*out = (struct map_view){0};
	if (bpf_obj_get_info_by_fd(map_fd, &info, &info_len))
		return -errno;
	if (info.value_size != element_bytes || element_bytes % 8 ||
	    first > info.max_entries || n > info.max_entries - first)
		return -EINVAL;
	if (!n)
		return 0;
	base = mmap(NULL, len, protection, MAP_SHARED, map_fd, (off_t)offset);
	if (base == MAP_FAILED)
		return -errno;
	*out = (struct map_view){
		.data = (char *)base + (begin - offset), .base = base, .base_bytes = len};
	return 0;
}

void map_view_close(struct map_view *view)
{
	if (view->base)
		munmap(view->base, view->base_bytes);
	*view = (struct map_view){0};
}
