// SPDX-License-Identifier: GPL-2.0-only
/*
 * watch: follows the interfaces of one network namespace, for engine tc, and the
 * filters on them, which others may delete. What a message says is of no interest:
 * after each, all interfaces are looked at. So it makes no difference how many were
 * lost while nobody read them.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "error.h"
#include "installation.h"
#include "netns.h"
#include "system.h"
#include "verbs.h"

/*
 * With nothing attached there is nothing to do: attach covers what it finds. False
 * if something could not be covered.
 */
static bool follow(const struct device_choice *choice)
{
	struct maps maps;
	int err;

	err = installation_open(&maps, "watch");
	if (!err)
		err = installation_repair(&maps);
	if (!err && installation_has(EXTKEY_ENGINE_TC))
		err = devices_follow(&maps, choice);
	/* One that cannot be covered is no reason to leave the others */
	if (err)
		print_failure();
	installation_close(&maps);
	return !err;
}

/* Reads what has come, and whether it is of interfaces; false if that is impossible */
static bool drain(const struct mnl_socket *nl, bool *interfaces)
{
	const struct nlmsghdr *nlh;
	char buf[8192];
	ssize_t len;
	int left;

	for (;;) {
		len = recv(mnl_socket_get_fd(nl), buf, sizeof(buf),
			   MSG_DONTWAIT);
		if (len < 0 && errno == EINTR)
			continue;
		/* What was lost may have been of interfaces */
		if (len < 0 && errno == ENOBUFS)
			*interfaces = true;
		else if (len <= 0)
			return len < 0 && errno == EAGAIN;
		left = len < 0 ? 0 : len;
		for (nlh = (struct nlmsghdr *)buf; mnl_nlmsg_ok(nlh, left);
		     nlh = mnl_nlmsg_next(nlh, &left))
			*interfaces |= nlh->nlmsg_type == RTM_NEWLINK ||
				       nlh->nlmsg_type == RTM_DELLINK;
	}
}

static int watch(const struct device_choice *choice,
		 const struct mnl_socket *nl, int signals)
{
	struct pollfd fds[] = {
		{ .fd = mnl_socket_get_fd(nl), .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
	};
	bool interfaces, done;

	for (;;) {
		done = follow(choice);
		/*
		 * To take back what was begun deletes filters as well: with an
		 * interface that cannot be covered this would go on forever.
		 */
		do {
			interfaces = false;
			if (poll(fds, 2, -1) < 0 && errno != EINTR)
				return fail(-errno, "cannot wait: %s",
					    strerror(errno));
			if (fds[1].revents)
				return 0;
			if (!drain(nl, &interfaces))
				return fail(-errno,
					    "cannot read from rtnetlink: %s",
					    strerror(errno));
		} while (!done && !interfaces);
	}
}

int cmd_watch(const struct options *options)
{
	struct device_choice choice = options->devices;
	struct mnl_socket *nl;
	sigset_t signals;
	int err, fd;

	err = check_system();
	if (!err)
		err = netns_move(choice.netns);
	if (err)
		return exit_status(err);

	/* By its name the namespace could be another one later */
	choice.netns = NULL;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);

	fd = signalfd(-1, &signals, SFD_CLOEXEC);
	nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (fd < 0 || !nl ||
	    mnl_socket_bind(nl, RTMGRP_LINK | RTMGRP_TC, MNL_SOCKET_AUTOPID) <
		    0)
		err = fail(-errno, "cannot listen to rtnetlink: %s",
			   strerror(errno));
	else
		err = watch(&choice, nl, fd);
	if (nl)
		mnl_socket_close(nl);
	if (fd >= 0)
		close(fd);
	return exit_status(err);
}
