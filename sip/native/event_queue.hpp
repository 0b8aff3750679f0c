/* The queue of everything that happens in PJSIP, in its order, which Python drains after
 * each poll; and the socket that ends a poll at once.
 *
 * Any thread may push, those of the media too.
 */
#ifndef OUTRING_EVENT_QUEUE_HPP
#define OUTRING_EVENT_QUEUE_HPP

#include <ctime>
#include <deque>
#include <mutex>
#include <string>
#include <unistd.h>
#include <utility>

namespace outring {

enum Kind {
    STATE = 0,
    MESSAGE = 1,
    QUERY = 2,
    PONG = 3,
    MEDIA = 4,
    REFERRED = 5,
    DIGIT = 6,
    PLAYED = 7,
    RECORDED = 8,
    HEARD = 9,
    SDP = 10,
    UNTRUSTED = 11,
    SILENT = 12,
    MALFORMED = 13,
    UNACKNOWLEDGED = 14,
    REFRESH_REFUSED = 15,
    LATE_ANSWER = 16,
    LATE_MESSAGES = 17,
    TONE = 18,
    STREAM = 19
};

struct NativeEvent {
    Kind kind;
    double at;        /* seconds of CLOCK_MONOTONIC */
    std::string leg;  /* Call-ID; the host of a QUERY and of what is UNTRUSTED */
    int first;        /* STATE: cause, MESSAGE: 1 if sent by us, DIGIT: how it came (digit_paths.hpp),
                         QUERY, PONG, PLAYED, RECORDED, STREAM: its number, HEARD: the sound,
                         TONE: silence, voice or hertz, and 65536 times another tone's hertz,
                         SDP: 1 if the call cannot go on,
                         MALFORMED: line of the first fault, 0 if none has a place */
    int status;       /* SIP status, 0 for a request; port of a QUERY; milliseconds of
                         what was PLAYED or RECORDED, from an ear's start to what it
                         HEARD, or to the TONE, for which it was SILENT; MALFORMED: column;
                         REFRESH_REFUSED: seconds that the far end asks for, or 0;
                         STREAM: its step (audio_stream.hpp) */
    std::string name; /* STATE, REFERRED: reason, MESSAGE: method of CSeq, QUERY: transport,
                         DIGIT: itself, PLAYED, RECORDED, STREAM: what ended it,
                         PONG: the seconds of its Retry-After, or empty,
                         SDP: method of CSeq, UNTRUSTED: why,
                         MALFORMED: method, or status and phrase */
    std::string raw;  /* MESSAGE: the whole response where it can decide an outcome, the
                         Reason of the far end's BYE, why PJSIP sends CANCEL or BYE;
                         PLAYED, RECORDED: why it failed, RECORDED else: "quiet" if
                         nobody has spoken, SDP: why it cannot be used,
                         MALFORMED: what was wrong, in words,
                         UNTRUSTED: address and port, STREAM: why, in words,
                         LATE_MESSAGES: their ladder (ladder.hpp) */
};

const size_t MAX_EVENTS = 65536;

struct EventQueue {
    std::mutex mutex;
    std::deque<NativeEvent> waiting;
    unsigned long dropped = 0;
    int wake_fd = -1; /* written to when a poll shall return */
};

inline EventQueue &event_queue()
{
    static EventQueue instance;
    return instance;
}

inline double monotonic()
{
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

inline void push(NativeEvent &&record)
{
    EventQueue &self = event_queue();
    record.at = monotonic();
    std::lock_guard<std::mutex> guard(self.mutex);
    if (self.waiting.size() >= MAX_EVENTS) {
        ++self.dropped;
        return;
    }
    self.waiting.push_back(std::move(record));
}

/* push() of a thread that does not poll. */
inline void push_and_wake(NativeEvent &&record)
{
    push(std::move(record));
    std::lock_guard<std::mutex> guard(event_queue().mutex);
    if (event_queue().wake_fd >= 0 && write(event_queue().wake_fd, "", 1) < 0)
        return; /* then it is full, and the poll returns anyway */
}

} // namespace outring

#endif
