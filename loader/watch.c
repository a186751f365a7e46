// SPDX-License-Identifier: GPL-2.0-only
/*
 * watch: follows the interfaces of one network namespace, for engine tc. What a
 * message says is of no interest: after each, all interfaces are looked at. So it
 * makes no difference how many were lost while nobody read them.
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

/* With nothing attached there is nothing to do: attach covers what it finds */
static void follow(const struct device_choice *choice)
{
	struct maps maps;
	int err;

	err = installation_open(&maps, "watch");
	if (!err)
		err = installation_repair(&maps);
	if (!err && policies_use(&maps, EXTKEY_ENGINE_TC))
		err = devices_follow(&maps, choice);
	/* One that cannot be covered is no reason to leave the others */
	if (err)
		print_failure();
	installation_close(&maps);
}

/* Reads what has come; false if that is impossible */
static bool drain(const struct mnl_socket *nl)
{
	char buf[8192];
	ssize_t len;

	do {
		len = recv(mnl_socket_get_fd(nl), buf, sizeof(buf),
			   MSG_DONTWAIT);
	} while (len > 0 || (len < 0 && (errno == ENOBUFS || errno == EINTR)));
	return len < 0 && errno == EAGAIN;
}

static int watch(const struct device_choice *choice,
		 const struct mnl_socket *nl, int signals)
{
	struct pollfd fds[] = {
		{ .fd = mnl_socket_get_fd(nl), .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
	};

	for (;;) {
		follow(choice);
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return fail(-errno, "cannot wait: %s", strerror(errno));
		if (fds[1].revents)
			return 0;
		if (!drain(nl))
			return fail(-errno, "cannot read from rtnetlink: %s",
				    strerror(errno));
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
	    mnl_socket_bind(nl, RTMGRP_LINK, MNL_SOCKET_AUTOPID) < 0)
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
