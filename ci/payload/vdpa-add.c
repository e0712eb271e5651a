// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vdpa-add NAME [BUS/]MGMTDEV: makes a vDPA device, as "vdpa dev add" does, in
 * a guest that has no iproute2: one generic netlink request. MGMTDEV is such as
 * "vdpasim_net", or "pci/0000:00:08.0". Status 0, or 1 and a message.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/vdpa.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct message {
	struct nlmsghdr nl;
	struct genlmsghdr genl;
	char attrs[512];
};

static void begin(struct message *m, uint16_t family, uint8_t cmd, uint8_t version)
{
	memset(m, 0, sizeof(*m));
	m->nl.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	m->nl.nlmsg_type = family;
	m->nl.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	m->genl.cmd = cmd;
	m->genl.version = version;
}

/* Text of at most a hundred bytes, which there is room for four times. */
static void put(struct message *m, uint16_t type, const char *text, size_t len)
{
	struct nlattr *a = (struct nlattr *)((char *)m + NLMSG_ALIGN(m->nl.nlmsg_len));

	a->nla_type = type;
	a->nla_len = (uint16_t)(NLA_HDRLEN + len + 1);
	memcpy((char *)a + NLA_HDRLEN, text, len);
	m->nl.nlmsg_len = NLMSG_ALIGN(m->nl.nlmsg_len) + NLA_ALIGN(a->nla_len);
}

/*
 * Sends m; the kernel's errno, positive, or 0. What else it answers goes to
 * reply, of which *len bytes are there.
 */
static int ask(int s, const struct message *m, char *reply, size_t cap, size_t *len)
{
	char buf[8192] __attribute__((aligned(4)));
	struct nlmsghdr *h = (struct nlmsghdr *)buf;
	ssize_t n;

	*len = 0;
	if (send(s, m, m->nl.nlmsg_len, 0) < 0)
		return errno;
	for (;;) {
		n = recv(s, buf, sizeof(buf), 0);
		if (n < (ssize_t)sizeof(*h))
			return n < 0 ? errno : EPROTO;
		if (h->nlmsg_type == NLMSG_ERROR)
			return -((struct nlmsgerr *)NLMSG_DATA(h))->error;
		if ((size_t)n > cap)
			return EMSGSIZE;
		memcpy(reply, buf, (size_t)n);
		*len = (size_t)n;
	}
}

/* The number of a generic netlink family; 0: there is none. */
static uint16_t family(int s, const char *name)
{
	char reply[8192] __attribute__((aligned(4)));
	struct message m;
	uint16_t id;
	size_t len;

	begin(&m, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	put(&m, CTRL_ATTR_FAMILY_NAME, name, strlen(name));
	if (ask(s, &m, reply, sizeof(reply), &len))
		return 0;
	for (size_t at = NLMSG_LENGTH(GENL_HDRLEN); at + NLA_HDRLEN <= len;) {
		const struct nlattr *a = (const struct nlattr *)(reply + at);

		if (a->nla_type == CTRL_ATTR_FAMILY_ID) {
			memcpy(&id, (const char *)a + NLA_HDRLEN, sizeof(id));
			return id;
		}
		if (a->nla_len < NLA_HDRLEN)
			break;
		at += NLA_ALIGN(a->nla_len);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	const char *slash = argc == 3 ? strchr(argv[2], '/') : NULL;
	const char *dev = slash ? slash + 1 : argv[argc - 1];
	char reply[8192] __attribute__((aligned(4)));
	struct message m;
	uint16_t id;
	size_t len;
	int s, err;

	if (argc != 3 || strlen(argv[1]) > 100 || strlen(argv[2]) > 100) {
		fprintf(stderr, "usage: vdpa-add NAME [BUS/]MGMTDEV\n");
		return 1;
	}
	s = socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
	if (s < 0 || bind(s, (const struct sockaddr *)&addr, sizeof(addr))) {
		perror("vdpa-add: netlink");
		return 1;
	}
	id = family(s, VDPA_GENL_NAME);
	if (!id) {
		fprintf(stderr, "vdpa-add: this kernel has no vDPA\n");
		return 1;
	}
	begin(&m, id, VDPA_CMD_DEV_NEW, VDPA_GENL_VERSION);
	if (slash)
		put(&m, VDPA_ATTR_MGMTDEV_BUS_NAME, argv[2], (size_t)(slash - argv[2]));
	put(&m, VDPA_ATTR_MGMTDEV_DEV_NAME, dev, strlen(dev));
	put(&m, VDPA_ATTR_DEV_NAME, argv[1], strlen(argv[1]));
	err = ask(s, &m, reply, sizeof(reply), &len);
	if (err)
		fprintf(stderr, "vdpa-add: %s from %s: %s\n", argv[1], argv[2], strerror(err));
	close(s);
	return err != 0;
}
