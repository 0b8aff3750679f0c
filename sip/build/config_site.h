/* Sizes of PJSIP for a dialer. The shipped ones carry 4 calls.
 * PJSUA_MAX_CALLS is also what outring checks at start: see recipe.py. */

/* How many of everything. */
#define PJSUA_MAX_CALLS 2048
#define PJSUA_MAX_ACC 512
#define PJSUA_MAX_CONF_PORTS 6144
#define PJSIP_MAX_TRANSPORTS 3072
#define PJSIP_MAX_TSX_COUNT 65535
#define PJSIP_MAX_DIALOG_COUNT 65535

/* What is reserved at start, used or not: 0.8 kB for each transport and for each of the two
 * sockets of a call's media, of which some are closing; and in every call and session
 * description room for the media lines that a far end may offer. */
#define PJ_IOQUEUE_MAX_HANDLES 6144
#define PJMEDIA_MAX_SDP_MEDIA 4
#define PJSIP_MAX_TIMER_COUNT 16384 /* grows when there are more */

/* How much one poll may do: a burst must not wait for the next one. */
#define PJSIP_MAX_TIMED_OUT_ENTRIES 256
#define PJSIP_MAX_NET_EVENTS 64

/* Messages of up to 32,000 bytes are received: one more shows that there were more. Each
 * connection has a buffer of that size, and so has each message that is sent and does not
 * fit into SEND_BUFFER of ../native/send_buffer.hpp, 8,000 bytes.
 * Every message that is sent reserves the latter until its timers end, and 4.5 kB for the
 * rest: in one piece of 16 kB rather than in three of 20. After the callee's BYE a call
 * keeps one, and its dialog, for 32 s (timer J): in a campaign most calls are such. */
#define PJSIP_MAX_PKT_LEN 32001
#define PJSIP_POOL_LEN_TDATA 13000
#define PJSIP_MAX_URL_SIZE 1024
#define PJSIP_UDP_SO_RCVBUF_SIZE (4 * 1024 * 1024)
#define PJSIP_UDP_SO_SNDBUF_SIZE (4 * 1024 * 1024)

/* The number that most others have for telephone-events, and some gateways no other. */
#define PJMEDIA_RTP_PT_TELEPHONE_EVENTS 101

/* A large INVITE stays on the transport that was asked for. */
#define PJSIP_DONT_SWITCH_TO_TCP 1

/* Speed. */
#define PJ_DEBUG 0
#define PJ_LOG_MAX_LEVEL 4

/* Milliseconds for which a closed socket keeps its place, so that no event of it is taken for
 * one of the next. Each socket that is opened looks through all that are closing: with the
 * usual 500, at 1,800 calls a second, through 1,800 of them. */
#define PJ_IOQUEUE_KEY_FREE_DELAY 100

#define PJ_HAS_IPV6 1
#define PJMEDIA_HAS_VIDEO 0

/* Never set PJSIP_UNESCAPE_IN_PLACE: it rewrites the received message that the
 * tap of ../native hands to Python. */
