/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the attacker share, file by file */
#ifndef EXTKEY_ATTACK_ATTACKER_H
#define EXTKEY_ATTACK_ATTACKER_H

#include <stdbool.h>
#include <stdint.h>

#include "../link.h"

#define NR_PATHS 2
#define OTHER_HOST NR_PATHS /* a path to another host, on both sides */

enum side { CLIENT, SERVER, NR_SIDES };

/*
 * main.c
 */

extern int64_t patience_ms; /* how long an answer is waited for */

bool is_own(in_addr_t addr);

/*
 * commands.c
 */

/* The words of the command that runs, NAME=VALUE */
const char *arg(const char *name, const char *otherwise);
bool arg_is(const char *name, const char *value, const char *otherwise);
unsigned int arg_number(const char *name, const char *otherwise);
in_addr_t arg_addr(const char *name, const char *otherwise);

bool read_commands(void);

/* False if there is no such connection. What they print ends up in the reply */
bool cmd_join(void); /* attack_join.c */
bool cmd_syns(void); /* attack_syns.c */
bool cmd_other_syn(void); /* attack_other.c */
bool cmd_other_mask(void);
bool cmd_other_ack(void);
bool cmd_oracle(void); /* attack_held_join.c */
bool cmd_slot(void);
bool cmd_answer(void);
bool cmd_unproven(void); /* attack_unproven.c */
bool cmd_inject(void); /* attack_inject.c */
bool cmd_race(void); /* attack_race.c */
bool cmd_lure(void); /* attack_lure.c */
bool cmd_cross(void); /* attack_cross.c */
bool cmd_cross_lured(void);
bool cmd_cross_middle(void);
bool cmd_beside(void); /* attack_beside.c */
bool cmd_storm(void); /* attack_storm.c */
bool cmd_hold(void); /* attack_hold.c */
bool cmd_open_named(void); /* attack_named.c */
bool cmd_hear_named(void);
bool cmd_misname(void);
bool cmd_rewrite(void); /* attack_alter.c */
bool cmd_strip(void);
bool cmd_withhold(void);
bool cmd_seen(void); /* eavesdrop.c */
bool cmd_keep(void);
bool cmd_quote_join(void); /* attack_quote.c */
bool cmd_quote_inject(void);
bool cmd_twin(void); /* attack_twin.c */
bool cmd_early(void); /* attack_early.c */
bool cmd_overtake(void); /* attack_overtake.c */

/*
 * eavesdrop.c
 */

/* What one host has sent last on the first subflow */
struct sender {
	uint32_t next, ack;
	uint32_t tsval, tsecr;
	bool timestamps;
};

/* A first handshake that was seen */
struct connection {
	int path;
	struct endpoint ends[NR_SIDES];
	uint64_t keys[NR_SIDES];
	struct sender senders[NR_SIDES];
	bool has_keys;
};

/* The join that was seen last: what was on the wire */
struct recorded {
	struct endpoint from, to;
	uint32_t token, nonces[NR_SIDES];
	uint64_t synack;
	uint8_t ack[ACK_HMAC_LEN];
	uint8_t id;
	int seen; /* of the three packets */
};

extern struct recorded recorded;
extern uint32_t recorded_seq; /* of its SYN */
extern struct recorded kept; /* one of before */

/* Of those that passed last: the field XOR what RFC 8684 has there */
struct seen_masks {
	uint64_t add_addr, fastclose;
	int nr_add_addrs, nr_fastcloses;
};

extern struct seen_masks seen_masks;

uint64_t add_addr_mask(const uint8_t *option,
		       const struct connection *connection, enum side from);

struct connection *learn_connection(int path, enum side side,
				    const struct segment *segment);
void learn_join(enum side side, const struct segment *segment);

/* The one of this number; NULL unless both its keys were seen */
struct connection *arg_connection(const char *name);

bool arg_connections(const struct connection **target,
		     const struct connection **teacher);

/* Without a key yet. The oldest one makes room. */
struct connection *add_connection(void);

/* The one whose keys were seen last */
struct connection *last_connection(void);

/* How many there were since forget_seen() */
int count_connections(void);

void forget_seen(void);

/*
 * relay.c
 */

extern struct link links[NR_PATHS + 1][NR_SIDES];

/* For the command that runs */
extern bool hold_joins; /* of the client: pump() returns them */
extern bool hold_firsts; /* the same of ACKs that end a first handshake */
extern bool hold_data; /* and first data, which would end it too, waits here: */
extern struct frame held_data;
extern bool hold_synacks; /* the same of the server's answers to MP_CAPABLE */
extern bool hold_ends; /* the same of what ends a handshake */
extern bool
	watch; /* what has MP_CAPABLE or MP_JOIN is passed on, and returned as well */
extern struct endpoint held; /* and then all from and to this end of one */

int64_t now_ms(void);
void pass_segment(int path, enum side from, struct frame *frame,
		  const struct segment *segment);
bool pump(int64_t until, bool look_at_stdin, struct frame *frame);

/*
 * attack_held_join.c
 */

uint8_t *hold_syn(struct frame *frame, struct segment *syn);

/*
 * attack_early.c
 */

bool hold_first(struct frame *frame, struct connection *target);
void pass_first(int path, int64_t arrives, struct frame *held_frame);

/*
 * attack_inject.c
 */

const struct link *make_next(struct frame *frame,
			     const struct connection *connection, enum side to,
			     const uint8_t *option, unsigned int len);
const struct link *make_forged(struct frame *frame,
			       const struct connection *connection,
			       enum side to);

/*
 * attack_named.c
 */

extern uint64_t told_fastclose; /* the last one, as it was on the wire */
extern const char *told_as;
extern uint64_t told_add_addr; /* its mask alone */

/* @key: what RFC 8684 has there */
void note_fastclose(const uint8_t *option, uint64_t key);

/*
 * attack_lure.c
 */

uint8_t *hear_other(uint8_t subtype, int64_t until, struct frame *frame,
		    struct segment *segment);
void accept_other(const struct segment *syn, uint64_t key);
uint64_t take_first_byte(int64_t until);

/*
 * their_join.c
 */

uint8_t *next_join(uint8_t len, int64_t until, struct frame *frame,
		   struct segment *segment);
void send_synack(int path, enum side to, const struct segment *syn,
		 uint64_t hmac, uint32_t nonce);

/*
 * attack_alter.c
 */

extern int nr_stripped;

/* True if something was changed: the checksums are to be set */
bool rewrite(int path, enum side side, const struct segment *segment);
bool strip(const struct segment *segment);
bool withheld(enum side side, const struct segment *segment);

void alter_nothing(void);

/*
 * attack_quote.c
 */

extern bool break_header; /* of what send_hidden() sends */

void note_quote(const struct frame *frame);
void add_bad_option(struct frame *frame);

/*
 * hide.c
 */

void translate(struct frame *frame);
void send_hidden(const struct link *link, struct frame *frame);

/*
 * own_join.c
 */

/* A join of the attacker's own */
struct attempt {
	int path;
	enum side with;
	struct endpoint from, to;
	uint32_t seq, peer_seq;
	uint32_t token, nonces[NR_SIDES];
	uint64_t synack;
};

enum answer { SILENT, REFUSED, ANSWERED };
extern const char *const answers[];

uint32_t random32(void);
void start_attempt(struct attempt *attempt, const struct connection *target,
		   const struct connection *teacher, unsigned int nr);
void send_syn(const struct attempt *attempt);
bool ask_for_cookie(const struct attempt *attempt, uint32_t *cookie);
void send_attempt(const struct attempt *attempt, struct plan *plan);
bool next_segment(const struct attempt *attempt, int64_t until,
		  struct frame *frame, struct segment *segment);
bool syn_answered(struct attempt *attempt);
bool copy_answered(struct attempt *attempt, const struct connection *target,
		   const uint8_t *join);
enum answer send_data(struct attempt *attempt,
		      const struct connection *connection, unsigned int len,
		      unsigned int offset);
uint64_t synack_hmac(const struct connection *connection,
		     const struct attempt *attempt);
void end_join(struct attempt *attempt, const struct connection *target,
	      const uint8_t hmac[ACK_HMAC_LEN]);

/*
 * own_mask.c
 */

#define OWN_ACK_MASK_LEN (ACK_HMAC_LEN + 4) /* the last word is cut off */

uint32_t own_token_mask(const struct attempt *attempt);
void own_ack_mask(const struct attempt *attempt,
		  const struct connection *target,
		  uint8_t mask[OWN_ACK_MASK_LEN]);
uint64_t own_fastclose_mask(const struct connection *target, enum side from);
uint64_t own_add_addr_mask(const struct connection *target, enum side from,
			   uint8_t id, const struct endpoint *address);

#endif /* EXTKEY_ATTACK_ATTACKER_H */
