// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A read-only file tree with links, as much of one as sysfs, procfs and /dev
 * need. All of it lies in chunks that are freed together.
 */
#include <limits.h>
#include <stdlib.h>

#include "mocks/vfs.h"
#include "mocks/internal.h"

#define CHUNK	  8192u
#define MAX_LINKS 40

/* Paths that were looked up, as the kernel's dentry cache has them: a device is asked for a few. */
#define KNOWN	  64u /* a power of two */
#define KNOWN_LEN 80u

struct chunk {
	struct chunk *next;
	size_t used;
	size_t size;
	_Alignas(16) char b[];
};

/* Where a path led while the tree was as it is. */
struct known {
	char path[KNOWN_LEN]; /* no NUL */
	uint8_t len;	      /* 0: none */
	bool follow;
	int err;
	struct node *node;
};

struct vfs {
	struct chunk *chunks;
	struct node root;
	bool knows; /* any */
	struct known known[KNOWN];
};

static void *vfs_alloc(struct vfs *v, size_t n)
{
	struct chunk *c = v->chunks;
	void *p;

	n = (n + 15) & ~(size_t)15;
	if (!c || c->size - c->used < n) {
		size_t size = n > CHUNK ? n : CHUNK;

		c = malloc(sizeof(*c) + size);
		if (!c)
			return NULL;
		c->next = v->chunks;
		c->used = 0;
		c->size = size;
		v->chunks = c;
	}
	p = c->b + c->used;
	c->used += n;
	return memset(p, 0, n);
}

struct vfs *vfs_new(void)
{
	struct vfs *v = calloc(1, sizeof(*v));

	if (v) {
		v->root.type = NODE_DIR;
		v->root.name = "";
		v->root.parent = &v->root;
		v->root.mode = 0755;
	}
	return v;
}

void vfs_free(struct vfs *v)
{
	while (v && v->chunks) {
		struct chunk *c = v->chunks;

		v->chunks = c->next;
		free(c);
	}
	free(v);
}

static char *vfs_strndup(struct vfs *v, const char *s, size_t n)
{
	char *p = vfs_alloc(v, n + 1);

	return p ? memcpy(p, s, n) : NULL;
}

char *vfs_strdup(struct vfs *v, const char *s)
{
	return vfs_strndup(v, s, strlen(s));
}

/* A name up to its end or a character: its length, and the FNV-1a hash that stands for it. */
struct word {
	size_t n;
	uint32_t hash;
};

static struct word word_of(const char *s, char end)
{
	struct word w = { .hash = 0x811c9dc5 };

	for (; s[w.n] && s[w.n] != end; w.n++)
		w.hash = (w.hash ^ (uint8_t)s[w.n]) * 0x01000193;
	return w;
}

static struct node *child_n(const struct node *dir, const char *name, struct word w)
{
	for (struct node *c = dir->child; c; c = c->next)
		if (c->hash == w.hash && c->len == w.n && !memcmp(c->name, name, w.n))
			return c;
	return NULL;
}

struct node *vfs_child(const struct node *dir, const char *name)
{
	return child_n(dir, name, word_of(name, '\0'));
}

/* The tree is about to change. */
static void forget(struct vfs *v)
{
	for (size_t i = 0; v->knows && i < KNOWN; i++)
		v->known[i].len = 0;
	v->knows = false;
}

static struct node *add_n(struct vfs *v, struct node *dir, const char *name, struct word w,
			  enum node_type type)
{
	static const uint32_t mode[] = {
		[NODE_DIR] = 0755, [NODE_FILE] = 0444, [NODE_LINK] = 0777, [NODE_CHR] = 0600
	};
	struct node *c = child_n(dir, name, w);

	forget(v);
	if (!c) {
		c = vfs_alloc(v, sizeof(*c));
		if (!c)
			return NULL;
		c->name = vfs_strndup(v, name, w.n);
		if (!c->name)
			return NULL;
		c->len = w.n;
		c->hash = w.hash;
		c->parent = dir;
		if (dir->last)
			dir->last->next = c;
		else
			dir->child = c;
		dir->last = c;
	} else if (c->type != type || type != NODE_DIR) {
		struct node keep = *c;

		*c = (struct node){ .name = keep.name,
				    .len = keep.len,
				    .hash = keep.hash,
				    .parent = dir,
				    .next = keep.next };
	}
	c->type = type;
	c->mode = mode[type];
	if (type == NODE_FILE || type == NODE_LINK)
		c->text = "";
	return c;
}

struct node *vfs_add(struct vfs *v, struct node *dir, const char *name, enum node_type type)
{
	return dir ? add_n(v, dir, name, word_of(name, '\0'), type) : NULL;
}

void vfs_remove(struct vfs *v, struct node *n)
{
	struct node *dir = n->parent, *prev = NULL;

	forget(v);
	for (struct node *c = dir->child; c != n; c = c->next)
		prev = c;
	if (prev)
		prev->next = n->next;
	else
		dir->child = n->next;
	if (dir->last == n)
		dir->last = prev;
}

/*
 * Walks path from the directory at. mk: make directories that are missing
 * (NULL: do not). links counts those followed so far.
 */
static int walk(struct vfs *mk, const struct vfs *v, struct node *at, const char *path, bool follow,
		int *links, struct node **out)
{
	if (*path == '/')
		at = (struct node *)&v->root;
	while (*path) {
		struct word w = word_of(path, '/');
		const char *rest = path + w.n;
		struct node *c;

		if (at->type != NODE_DIR)
			return -ENOTDIR;
		if (!w.n || (w.n == 1 && path[0] == '.')) {
			c = at;
		} else if (w.n == 2 && path[0] == '.' && path[1] == '.') {
			c = at->parent;
		} else {
			c = child_n(at, path, w);
			if (!c && mk)
				c = add_n(mk, at, path, w, NODE_DIR);
			if (!c)
				return mk ? -ENOMEM : -ENOENT;
		}
		if (c->type == NODE_LINK && (*rest || follow)) {
			int err;

			if (++*links > MAX_LINKS)
				return -ELOOP;
			err = walk(mk, v, at, c->text, true, links, &c);
			if (err)
				return err;
		}
		at = c;
		path = rest;
		if (*path == '/') {
			path++;
			/* A slash at the end asks for a directory. */
			if (!*path && at->type != NODE_DIR)
				return -ENOTDIR;
		}
	}
	*out = at;
	return 0;
}

static uint64_t word_at(const char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

/* Where a path of len bytes is remembered, if it is. Eight at a time, at the end some twice. */
static struct known *slot_of(struct vfs *v, const char *path, size_t len)
{
	uint64_t h = word_at(path + len - 8);

	for (size_t i = 0; i + 8 < len; i += 8) {
		h = (h ^ word_at(path + i)) * 0x9e3779b97f4a7c15ull;
		h ^= h >> 32;
	}
	return &v->known[h * 0x9e3779b97f4a7c15ull >> 32 & (KNOWN - 1)];
}

static bool is(const struct known *k, const char *path, size_t len)
{
	if (k->len != len || word_at(k->path + len - 8) != word_at(path + len - 8))
		return false;
	for (size_t i = 0; i + 8 < len; i += 8)
		if (word_at(k->path + i) != word_at(path + i))
			return false;
	return true;
}

int vfs_lookup(struct vfs *v, const char *path, bool follow, struct node **out)
{
	size_t len = strlen(path);
	struct known *k;
	int links = 0;

	if (*path != '/')
		return -ENOENT;
	if (len < 8 || len > KNOWN_LEN)
		return walk(NULL, v, &v->root, path, follow, &links, out);
	k = slot_of(v, path, len);
	if (k->follow != follow || !is(k, path, len)) {
		k->err = walk(NULL, v, &v->root, path, follow, &links, &k->node);
		k->follow = follow;
		k->len = (uint8_t)len;
		memcpy(k->path, path, len);
		v->knows = true;
	}
	if (!k->err)
		*out = k->node;
	return k->err;
}

struct node *vfs_mkdir(struct vfs *v, const char *path)
{
	struct node *n;
	int links = 0;

	if (walk(v, v, &v->root, path, true, &links, &n))
		return NULL;
	return n->type == NODE_DIR ? n : NULL;
}

int vfs_path(const struct node *n, char *buf, size_t len)
{
	size_t end = len;

	if (n->parent == n) {
		if (len < 1)
			return -ENAMETOOLONG;
		buf[0] = '/';
		return 1;
	}
	for (; n->parent != n; n = n->parent) {
		size_t l = strlen(n->name);

		if (end < l + 1)
			return -ENAMETOOLONG;
		end -= l + 1;
		buf[end] = '/';
		memcpy(buf + end + 1, n->name, l);
	}
	memmove(buf, buf + end, len - end);
	return (int)(len - end);
}

char *vfs_relative(struct vfs *v, const struct node *from, const struct node *to)
{
	char a[PATH_MAX], b[PATH_MAX], out[PATH_MAX];
	int la = vfs_path(from, a, sizeof(a) - 1), lb = vfs_path(to, b, sizeof(b) - 1);
	size_t common = 0, ups = 0, n = 0;

	if (la < 0 || lb < 0)
		return NULL;
	a[la] = b[lb] = '\0';
	for (size_t i = 0;; i++) {
		bool ea = !a[i] || a[i] == '/', eb = !b[i] || b[i] == '/';

		if (ea && eb)
			common = i;
		if (a[i] != b[i] || !a[i])
			break;
	}
	for (const char *p = a + common; *p; p++)
		ups += *p == '/' && p[1];
	while (ups-- && n + 3 < sizeof(out)) {
		memcpy(out + n, "../", 3);
		n += 3;
	}
	if (n + (size_t)lb - common >= sizeof(out))
		return NULL;
	if (b[common] == '/')
		common++;
	memcpy(out + n, b + common, (size_t)lb - common);
	return vfs_strndup(v, out, n + (size_t)lb - common);
}
