/* The sound of one call on its way to a server and back (audio streams).
 *
 * Three threads meet here. The clock of the media brings what the far end says and takes what
 * it is to hear, a frame at each tick, and never waits for a network. The thread of the
 * WebSockets (stream_socket.cpp) takes messages for the server, and brings those of the server.
 * The thread that polls begins, pauses and ends it. Each holds the lock no longer than a frame
 * takes to copy.
 * The far end's sound counts from the answer on. Until there is a server to take it, and the
 * stream has begun, as much is kept as the settings say; then a second. What does not fit is
 * dropped, the oldest first. Of the server's sound a minute waits; then the socket is not read
 * until there is room.
 * Python is told by STREAM when the WebSocket is open, lost, or over for good.
 */
#ifndef OUTRING_AUDIO_STREAM_HPP
#define OUTRING_AUDIO_STREAM_HPP

#include <pjmedia/alaw_ulaw.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "event_queue.hpp"
#include "heard_queue.hpp"
#include "playback_queue.hpp"
#include "stream_messages.hpp"
#include "stream_settings.hpp"

namespace outring {

const unsigned STREAM_FRAME_MS = 20;
const unsigned LIVE_MS = 1000;             /* of the far end's sound, once all is open */
const unsigned MAX_PLAYBACK_MS = 60000;    /* of the server's sound */
const size_t MAX_MARKS = 1000;             /* that wait */
const size_t MAX_CONTROLS = 2000;          /* messages for the server, without its marks */
const unsigned MAX_INVALID_MESSAGES = 100; /* of one stream */

/* What STREAM says; the numbers are those of Python's reader. */
enum class StreamStep { OPENED = 0, RESUMED = 1, LOST = 2, OVER = 3 };

/* The sound in a frame that is silence: 8 kHz u-law, or samples, below about -52 dBFS. */
inline bool is_silent_ulaw(const uint8_t *bytes, size_t size)
{
    return std::all_of(bytes, bytes + size, [](uint8_t byte) {
        return std::abs(static_cast<int>(pjmedia_ulaw2linear(byte))) < 80;
    });
}

inline bool is_silent_samples(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i + 1 < size; i += 2)
        if (std::abs(static_cast<int>(static_cast<int16_t>(bytes[i] | bytes[i + 1] << 8))) >= 80)
            return false;
    return true;
}

/* In the order of StreamFacts in sip/audio_stream.py; times in seconds, 0 for never. */
struct StreamFacts {
    double opened_at = 0;
    double first_audio_at = 0;
    uint64_t frames_to_server = 0;
    uint64_t bytes_from_server = 0;
    uint64_t frames_dropped = 0;
    uint64_t frames_late = 0;
    uint64_t clears = 0;
    uint64_t marks = 0;
    uint64_t reconnects = 0;
    uint64_t invalid_messages = 0;
    size_t max_buffered = 0; /* bytes */
    double max_clear_s = 0;
};

/* What to do after a message of the server. */
enum class Received { FINE, FULL, BROKEN };

class AudioStream {
public:
    AudioStream(const std::string &leg, int number, const StreamSettings &settings)
    : leg(leg), number(number), settings(settings),
      heard(settings.bytes_of_frame(), std::max(settings.keep_ms, LIVE_MS) / STREAM_FRAME_MS),
      playback(settings.bytes_of_frame(), settings.is_binary ? &is_silent_samples : &is_silent_ulaw)
    {}

    const std::string leg;
    const int number;
    const StreamSettings settings;

    /* Has the thread of the WebSockets look for messages; set once, before all else. */
    std::function<void()> notify;

    /* -- the thread that polls ------------------------------------------------------ */

    void begin(const Parameters &custom)
    {
        {
            std::lock_guard<std::mutex> guard(mutex);
            parameters = custom;
            has_begun = true;
        }
        notify();
    }

    void pause(bool is_paused_now)
    {
        std::lock_guard<std::mutex> guard(mutex);
        is_paused = is_paused_now;
    }

    /* The far end holds the call: it is sent nothing, and what the server says passes in its time. */
    void hold(bool is_held_now)
    {
        is_held = is_held_now;
    }

    /* *values* are an object of JSON. */
    void send_event(const std::string &values)
    {
        add_control([values](StreamWriter &writer) { return writer.outring(values); });
    }

    /* Nothing is heard or played any more; the server gets stop, and the socket is closed. */
    void end()
    {
        {
            std::lock_guard<std::mutex> guard(mutex);
            if (is_over)
                return;
            is_over = true;
            playback.clear();
        }
        notify();
    }

    /* Any thread. */
    StreamFacts facts()
    {
        std::lock_guard<std::mutex> guard(mutex);
        StreamFacts now = counts;
        now.frames_dropped = heard.dropped_frames();
        now.frames_late = playback.late_frames();
        return now;
    }

    /* Any thread: the far end has sent a digit. */
    void on_digit(char digit)
    {
        {
            std::lock_guard<std::mutex> guard(mutex);
            if (!has_begun)
                return;
        }
        add_control([digit](StreamWriter &writer) { return writer.dtmf(digit); });
    }

    /* The call is answered: what is heard from now on counts. */
    void on_answered()
    {
        is_answered = true;
    }

    /* -- the clock of the media -------------------------------------------------------- */

    /* A frame of the far end, NULL for silence. */
    void hear(const int16_t *samples)
    {
        if (!is_answered)
            return;
        bool is_wanted;
        {
            std::lock_guard<std::mutex> guard(mutex);
            if (is_over)
                return;
            shrink_once_caught_up();
            encode(samples, heard.push());
            is_wanted = has_begun && is_open;
        }
        if (is_wanted)
            notify();
        if (is_held) {
            int16_t unheard[LARGEST_FRAME / sizeof(int16_t)];
            speak(unheard);
        }
    }

    /* The next frame for the far end; false if there is nothing to hear. */
    bool speak(int16_t *samples)
    {
        PlaybackQueue::Names reached;
        bool is_heard, had_no_room;
        {
            std::lock_guard<std::mutex> guard(mutex);
            measure_clear();
            if (is_paused || is_over)
                return false;
            had_no_room = !has_room_now();
            is_heard = playback.pop(incoming, filler(), reached);
            if (is_heard)
                decode(incoming, samples);
            had_no_room = had_no_room && has_room_now();
        }
        for (const std::string &name : reached)
            add_mark(name);
        if (had_no_room)
            notify();
        return is_heard;
    }

    /* -- the thread of the WebSockets ------------------------------------------------------ */

    /* The WebSocket is open: messages of a new one are numbered anew. */
    void on_open(const std::string &stream_sid, bool is_resumed)
    {
        std::lock_guard<std::mutex> guard(mutex);
        writer.reset(new StreamWriter(settings, stream_sid));
        is_open = true;
        has_started = false;
        is_stopped = false;
        resumed = is_resumed;
        if (is_resumed)
            ++counts.reconnects;
        else
            counts.opened_at = monotonic();
        tell(is_resumed ? StreamStep::RESUMED : StreamStep::OPENED, "", "");
    }

    void on_lost(const std::string &reason)
    {
        std::lock_guard<std::mutex> guard(mutex);
        is_open = false;
        if (!is_over)
            tell(StreamStep::LOST, "", reason);
    }

    /* It is over, and not because end() was called. */
    void on_over(const char *end, const std::string &reason)
    {
        std::lock_guard<std::mutex> guard(mutex);
        is_open = false;
        if (is_over)
            return;
        is_over = true;
        playback.clear();
        tell(StreamStep::OVER, end, reason);
    }

    bool has_ended()
    {
        std::lock_guard<std::mutex> guard(mutex);
        return is_over;
    }

    /* Whether more of the server's sound may come. */
    bool has_room()
    {
        std::lock_guard<std::mutex> guard(mutex);
        return has_room_now();
    }

    /* The next message for the server; false if there is none now. *is_last*: the socket is to
     * be closed behind it. */
    bool next_message(std::string &message, bool &is_sound, bool &is_last)
    {
        std::lock_guard<std::mutex> guard(mutex);
        is_sound = is_last = false;
        if (!has_started && has_begun && !is_over) {
            has_started = is_catching_up = true;
            message = writer->start(parameters, resumed);
            return true;
        }
        if (has_started && !controls.empty() && !is_over) {
            message = controls.front()(*writer);
            controls.pop_front();
            return true;
        }
        if (is_over) {
            is_last = !is_stopped;
            is_stopped = true;
            message = has_started ? writer->stop() : "";
            return is_last;
        }
        if (!has_started || !heard.size())
            return false;
        uint64_t frame_number = heard.pop(outgoing);
        ++counts.frames_to_server;
        is_sound = settings.is_binary;
        if (settings.is_binary)
            message.assign(reinterpret_cast<const char *>(outgoing), settings.bytes_of_frame());
        else
            message = writer->media(frame_number, outgoing, settings.bytes_of_frame());
        return true;
    }

    Received on_message(const char *text, size_t size, bool is_binary)
    {
        if (is_binary != settings.is_binary && is_binary)
            return refuse();
        if (is_binary)
            return size % 2 ? refuse() : play(std::vector<uint8_t>(text, text + size));
        ServerMessage message;
        if (!read_server_message(text, size, message))
            return refuse();
        if (message.event == "media")
            return on_media(message);
        if (message.event == "mark")
            return on_mark(message);
        if (message.event == "clear")
            on_clear();
        return Received::FINE; /* others are somebody else's */
    }

private:
    typedef std::function<std::string(StreamWriter &)> Control;

    /* -- messages ------------------------------------------------------------------- */

    Received refuse()
    {
        std::lock_guard<std::mutex> guard(mutex);
        return ++counts.invalid_messages >= MAX_INVALID_MESSAGES ? Received::BROKEN : Received::FINE;
    }

    Received on_media(ServerMessage &message)
    {
        std::vector<uint8_t> bytes;
        if (!message.has_payload || settings.is_binary || !decode_base64(message.payload, bytes))
            return refuse();
        return play(std::move(bytes));
    }

    Received play(std::vector<uint8_t> &&bytes)
    {
        std::lock_guard<std::mutex> guard(mutex);
        if (is_over || bytes.empty())
            return Received::FINE;
        if (!counts.bytes_from_server)
            counts.first_audio_at = monotonic();
        counts.bytes_from_server += bytes.size();
        playback.push(std::move(bytes));
        counts.max_buffered = std::max(counts.max_buffered, playback.size());
        return has_room_now() ? Received::FINE : Received::FULL;
    }

    Received on_mark(ServerMessage &message)
    {
        if (!message.has_mark || message.mark.size() > MAX_MARK_NAME)
            return refuse();
        bool is_waiting;
        {
            std::lock_guard<std::mutex> guard(mutex);
            ++counts.marks;
            if (playback.waiting_marks() >= MAX_MARKS || controls.size() >= MAX_CONTROLS)
                return Received::BROKEN;
            is_waiting = playback.push_mark(message.mark);
        }
        if (!is_waiting)
            add_mark(message.mark);
        return Received::FINE;
    }

    void on_clear()
    {
        PlaybackQueue::Names names;
        {
            std::lock_guard<std::mutex> guard(mutex);
            ++counts.clears;
            names = playback.clear();
            if (!cleared_at)
                cleared_at = monotonic();
        }
        for (const std::string &name : names)
            add_mark(name);
    }

    void add_mark(const std::string &name)
    {
        add_control([name](StreamWriter &writer) { return writer.mark(name); });
    }

    void add_control(Control &&control)
    {
        {
            std::lock_guard<std::mutex> guard(mutex);
            if (is_over || controls.size() >= MAX_CONTROLS + MAX_MARKS)
                return;
            controls.push_back(std::move(control));
        }
        notify();
    }

    /* -- under the lock ----------------------------------------------------------------- */

    bool has_room_now() const
    {
        return playback.size() < settings.bytes_of_frame() * (MAX_PLAYBACK_MS / STREAM_FRAME_MS);
    }

    /* At the first tick behind a clear the far end is sent silence, or something newer. */
    void measure_clear()
    {
        if (cleared_at)
            counts.max_clear_s = std::max(counts.max_clear_s, monotonic() - cleared_at);
        cleared_at = 0;
    }

    void tell(StreamStep step, const char *end, const std::string &reason)
    {
        push_and_wake(NativeEvent{STREAM, 0, leg, number, static_cast<int>(step), end, reason});
    }

    uint8_t filler() const
    {
        return settings.is_binary ? 0 : ULAW_SILENCE;
    }

    /* What was kept is sent at once; from then on no more than a second may wait. */
    void shrink_once_caught_up()
    {
        if (!is_catching_up || heard.size() > LIVE_MS / STREAM_FRAME_MS)
            return;
        heard.shrink(LIVE_MS / STREAM_FRAME_MS);
        is_catching_up = false;
    }

    void encode(const int16_t *samples, uint8_t *target) const
    {
        const size_t count = settings.samples_of_frame();
        if (!samples)
            std::memset(target, filler(), settings.bytes_of_frame());
        else if (settings.is_binary)
            std::memcpy(target, samples, 2 * count);
        else
            for (size_t i = 0; i < count; ++i)
                target[i] = pjmedia_linear2ulaw(samples[i]);
    }

    void decode(const uint8_t *bytes, int16_t *samples) const
    {
        const size_t count = settings.samples_of_frame();
        if (settings.is_binary)
            std::memcpy(samples, bytes, 2 * count);
        else
            for (size_t i = 0; i < count; ++i)
                samples[i] = static_cast<int16_t>(pjmedia_ulaw2linear(bytes[i]));
    }

    static const uint8_t ULAW_SILENCE = 0xff;
    static const size_t LARGEST_FRAME = 640; /* bytes: 16 kHz */

    std::mutex mutex;
    HeardQueue heard;
    PlaybackQueue playback;
    std::deque<Control> controls;
    std::unique_ptr<StreamWriter> writer; /* of the WebSocket that is open, or was */
    Parameters parameters;
    StreamFacts counts;
    std::atomic<bool> is_answered{false};
    std::atomic<bool> is_held{false};
    bool is_open = false;
    bool has_begun = false;   /* start may be sent */
    bool has_started = false; /* it was, on this WebSocket */
    bool resumed = false;     /* this is not the first one */
    bool is_paused = false;
    bool is_over = false;
    bool is_stopped = false;  /* nothing is sent behind stop */
    bool is_catching_up = false; /* what was kept is being sent */
    double cleared_at = 0;    /* of a clear that no tick has followed yet */
    uint8_t incoming[LARGEST_FRAME];
    uint8_t outgoing[LARGEST_FRAME];
};

/* Open what all WebSockets share; their thread begins with the first of them. */
void prepare_stream_sockets();

/* Open the WebSocket of *stream*, and keep it open, on the thread for all of them. */
void open_stream_socket(const std::shared_ptr<AudioStream> &stream);

/* Close all, and end the thread. */
void stop_stream_sockets();

} // namespace outring

#endif
