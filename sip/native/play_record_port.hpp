/* What a call's far end hears from us, and what we hear from it: plays, recordings, digits.
 *
 * A PlayRecordPort belongs to one call. As soon as it has something to play or to record it gets a
 * port in the conference bridge, whose clock takes and brings a frame of 20 ms at a time.
 * The thread that polls asks for things; the clock does them; digits come on the thread
 * that receives RTP, or on the one that polls. What is over is told as PLAYED and RECORDED,
 * a digit as DIGIT (event_queue.hpp).
 */
#ifndef OUTRING_PLAY_RECORD_PORT_HPP
#define OUTRING_PLAY_RECORD_PORT_HPP

#include <pjsua2.hpp>
#include <pjsua-lib/pjsua.h>
#include <pjsua-lib/pjsua_internal.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "digit_paths.hpp"
#include "wav_clip.hpp"
#include "recorder.hpp"
#include "event_queue.hpp"
#include "stream_port.hpp"

namespace outring {

const size_t MAX_PLAYS = 1000;      /* that wait for one call */
const double TONE_AMPLITUDE = 6000; /* of each frequency, about -15 dBFS */

/* -- sounds -------------------------------------------------------------------- */

/* A clip, or else count times a tone of on samples and off samples of silence. */
struct Sound {
    std::shared_ptr<const Clip> clip;
    unsigned frequencies[2]; /* in Hz; 0: none */
    uint64_t on;
    uint64_t off;
    uint64_t count;

    uint64_t length() const
    {
        return clip ? clip->samples->size() : count * (on + off);
    }

    /* Write *length* samples from *place* on. */
    void render(uint64_t place, int16_t *target, size_t length) const
    {
        if (clip) {
            std::memcpy(target, clip->samples->data() + place, length * sizeof(int16_t));
            return;
        }
        for (size_t i = 0; i < length; ++i) {
            uint64_t within = (place + i) % (on + off);
            double value = 0;
            for (unsigned frequency : frequencies)
                if (within < on && frequency)
                    value += TONE_AMPLITUDE * std::sin(2 * M_PI * frequency * within / RATE);
            target[i] = static_cast<int16_t>(value);
        }
    }
};

typedef std::vector<Sound> Sounds;

/* Sounds that are played one after another. */
struct Play {
    int number;
    Sounds sounds;
    std::string stops_on;
    bool begins_recording; /* as soon as it is over; nothing is told of it */
    size_t current;        /* which of them */
    uint64_t place;        /* samples of that one that were sent */
    uint64_t sent;         /* samples of all */

    /* Whether every file is read. */
    bool is_ready() const
    {
        return std::all_of(sounds.begin(), sounds.end(), [](const Sound &sound) {
            return !sound.clip || sound.clip->is_read;
        });
    }

    /* Once it is ready: why it cannot be played, or an empty text. */
    std::string error() const
    {
        for (const Sound &sound : sounds)
            if (sound.clip && !sound.clip->samples)
                return sound.clip->error;
        return "";
    }

    /* Write up to *length* samples that come next; how many there were, 0 at the end. */
    size_t render(int16_t *target, size_t length)
    {
        while (current < sounds.size() && place >= sounds[current].length())
            ++current, place = 0;
        if (current == sounds.size())
            return 0;
        const Sound &sound = sounds[current];
        size_t count = static_cast<size_t>(std::min<uint64_t>(length, sound.length() - place));
        sound.render(place, target, count);
        place += count;
        sent += count;
        return count;
    }
};

/* -- the voice ------------------------------------------------------------------- */

class PlayRecordPort {
public:
    explicit PlayRecordPort(const std::string &leg) : leg(leg) {}

    void play(int number, const Sounds &sounds, const std::string &stops_on)
    {
        std::lock_guard<std::mutex> guard(mutex);
        Play play = {number, sounds, stops_on, false, 0, 0, 0};
        if (has_ended)
            return;
        if (plays.size() >= MAX_PLAYS)
            tell(play, Stop::FAILED, "Too much waits to be played.");
        else
            plays.push_back(std::move(play));
    }

    /* Begin to record once *beep*, if there is any, was played behind all else. */
    void record(const Recording &recording, const Sounds &beep)
    {
        std::lock_guard<std::mutex> guard(mutex);
        recorder.reset(new Recorder(leg, recording));
        is_recording = beep.empty();
        if (has_ended)
            finish_recording(Stop::ASKED);
        else if (!is_recording)
            plays.push_back(Play{recording.number, beep, "", true, 0, 0, 0});
    }

    void stop(int number)
    {
        std::lock_guard<std::mutex> guard(mutex);
        if (recorder && recorder->recording.number == number)
            finish_recording(Stop::ASKED);
        for (auto place = plays.begin(); place != plays.end(); ++place)
            if (place->number == number) {
                tell(*place, Stop::ASKED);
                plays.erase(place);
                return;
            }
    }

    void on_digit(char digit, DigitPath path)
    {
        std::lock_guard<std::mutex> guard(mutex);
        if (has_ended || !digit_paths.accepts(digit, path, monotonic()))
            return;
        push_and_wake(NativeEvent{DIGIT, 0, leg, static_cast<int>(path), 0, std::string(1, digit), ""});
        if (std::shared_ptr<AudioStream> stream = streams().of(leg))
            stream->on_digit(digit);
        if (recorder && is_recording && stops(recorder->recording.stops_on, digit))
            finish_recording(Stop::DIGIT);
        if (plays.empty() || !stops(plays.front().stops_on, digit))
            return;
        for (const Play &play : plays)
            tell(play, Stop::DIGIT);
        plays.clear();
    }

    /* There is media now, and so recordings may begin. */
    void on_media()
    {
        std::lock_guard<std::mutex> guard(mutex);
        has_media = true;
    }

    /* The call is over: nothing is played or recorded any more. */
    void end()
    {
        std::lock_guard<std::mutex> guard(mutex);
        has_ended = true;
        plays.clear();
        if (recorder)
            finish_recording(Stop::ASKED);
    }

    bool has_recorder()
    {
        std::lock_guard<std::mutex> guard(mutex);
        return recorder != NULL;
    }

    bool records_both()
    {
        std::lock_guard<std::mutex> guard(mutex);
        return recorder && recorder->recording.is_of_both;
    }

    /* The clock: the next frame for the far end; false if there is nothing to hear. */
    bool speak(int16_t *frame)
    {
        std::lock_guard<std::mutex> guard(mutex);
        size_t filled = 0;
        while (filled < FRAME && !plays.empty() && plays.front().is_ready()) {
            Play &play = plays.front();
            std::string error = play.current || play.place ? "" : play.error();
            size_t count = error.empty() ? play.render(frame + filled, FRAME - filled) : 0;
            if (!count) {
                tell(play, error.empty() ? Stop::FINISHED : Stop::FAILED, error);
                plays.pop_front();
            }
            filled += count;
        }
        if (!filled)
            return false;
        std::memset(frame + filled, 0, (FRAME - filled) * sizeof(int16_t));
        std::memcpy(spoken, frame, sizeof(spoken));
        has_spoken = true;
        return true;
    }

    /* The clock: what came from the far end, or NULL. Follows speak() in each tick. */
    void hear(const int16_t *frame)
    {
        std::lock_guard<std::mutex> guard(mutex);
        static const int16_t SILENCE[FRAME] = {0};
        Stop stop;
        if (recorder && is_recording && has_media &&
            recorder->take(frame ? frame : SILENCE, has_spoken ? spoken : NULL, stop))
            finish_recording(stop);
        has_spoken = false;
    }

private:
    static bool stops(const std::string &digits, char digit)
    {
        return digits.find(digit) != std::string::npos;
    }

    void tell(const Play &play, Stop stop, const std::string &reason = "")
    {
        if (play.begins_recording)
            is_recording = true;
        else
            push_and_wake(NativeEvent{PLAYED, 0, leg, play.number,
                                 static_cast<int>(milliseconds(play.sent)), name_of(stop),
                                 reason});
    }

    void finish_recording(Stop stop)
    {
        recorder->finish(stop);
        recorder.reset();
        is_recording = false;
    }

    const std::string leg;
    std::mutex mutex;
    std::deque<Play> plays;
    std::unique_ptr<Recorder> recorder;
    bool is_recording = false; /* its beep is over */
    bool has_media = false;
    bool has_ended = false;
    DigitPaths digit_paths;
    bool has_spoken = false; /* in this tick */
    int16_t spoken[FRAME];
};

/* -- its place in the bridge ------------------------------------------------------- */

/* PJSIP destroys it, on one thread or another, once neither the bridge nor we use it. */
struct VoicePort {
    pjmedia_port base;
    std::shared_ptr<PlayRecordPort> voice;

    static pj_status_t get_frame(pjmedia_port *port, pjmedia_frame *frame)
    {
        int16_t *samples = static_cast<int16_t *>(frame->buf);
        bool is_heard = port_of(port).speak(samples);
        frame->type = is_heard ? PJMEDIA_FRAME_TYPE_AUDIO : PJMEDIA_FRAME_TYPE_NONE;
        frame->size = is_heard ? FRAME * sizeof(int16_t) : 0;
        return PJ_SUCCESS;
    }

    static pj_status_t put_frame(pjmedia_port *port, pjmedia_frame *frame)
    {
        bool is_audio = frame->type == PJMEDIA_FRAME_TYPE_AUDIO &&
                        frame->size == FRAME * sizeof(int16_t);
        port_of(port).hear(is_audio ? static_cast<const int16_t *>(frame->buf) : NULL);
        return PJ_SUCCESS;
    }

    static pj_status_t on_destroy(pjmedia_port *port)
    {
        delete static_cast<VoicePort *>(port->port_data.pdata);
        return PJ_SUCCESS;
    }

private:
    static PlayRecordPort &port_of(pjmedia_port *port)
    {
        return *static_cast<VoicePort *>(port->port_data.pdata)->voice;
    }
};

/* Put *voice* into the bridge. Throws pj::Error. */
inline pjsua_conf_port_id add_to_bridge(const std::shared_ptr<PlayRecordPort> &voice, pj_pool_t *pool,
                                        pjmedia_port **added)
{
    const unsigned SIGNATURE = PJMEDIA_SIGNATURE('O', 'U', 'T', 'R');
    pj_str_t name = pj_str(const_cast<char *>("voice"));
    VoicePort *port = new VoicePort;
    pjmedia_port *base = &port->base;
    std::memset(base, 0, sizeof(*base));
    pjmedia_port_info_init(&base->info, &name, SIGNATURE, RATE, 1, 16, FRAME);
    base->port_data.pdata = port;
    base->get_frame = &VoicePort::get_frame;
    base->put_frame = &VoicePort::put_frame;
    base->on_destroy = &VoicePort::on_destroy;
    port->voice = voice;
    pjsua_conf_port_id slot = PJSUA_INVALID_ID;
    pj_status_t status = pjmedia_port_init_grp_lock(base, pool, NULL);
    if (status == PJ_SUCCESS)
        status = pjsua_conf_add_port(pool, base, &slot);
    if (status != PJ_SUCCESS) {
        pjmedia_port_destroy(base);
        throw pj::Error(status, "add port", "", __FILE__, __LINE__);
    }
    *added = base;
    return slot;
}

/* -- digits: PJSIP tells the number of a call, on any thread ------------------------- */

class Voices {
public:
    void set(pjsua_call_id call, const std::shared_ptr<PlayRecordPort> &voice)
    {
        std::lock_guard<std::mutex> guard(mutex);
        if (by_call.empty())
            by_call.resize(PJSUA_MAX_CALLS);
        by_call[call] = voice;
    }

    /* Numbers are used again: only where it is still that of *voice*. */
    void unset(pjsua_call_id call, const std::shared_ptr<PlayRecordPort> &voice)
    {
        std::lock_guard<std::mutex> guard(mutex);
        if (static_cast<size_t>(call) < by_call.size() && by_call[call] == voice)
            by_call[call].reset();
    }

    std::shared_ptr<PlayRecordPort> of(pjsua_call_id call)
    {
        std::lock_guard<std::mutex> guard(mutex);
        return static_cast<size_t>(call) < by_call.size() ? by_call[call] : NULL;
    }

private:
    std::mutex mutex;
    std::vector<std::shared_ptr<PlayRecordPort> > by_call;
};

inline Voices &voices()
{
    static Voices instance;
    return instance;
}

inline void hear_digit(pjsua_call_id call, char digit, DigitPath path)
{
    std::shared_ptr<PlayRecordPort> voice = voices().of(call);
    if (voice && digit && std::strchr("0123456789*#ABCD", digit))
        voice->on_digit(digit, path);
}

/* Digits in INFO do not come here: the request policy takes them (request_policy.hpp).
 * Not by way of pjsua2, which would tell only after the next poll. */
inline void on_dtmf_event(pjsua_call_id call, const pjsua_dtmf_event *event)
{
    if (event->flags & PJMEDIA_STREAM_DTMF_IS_UPDATE)
        return;
    hear_digit(call, static_cast<char>(pj_toupper(event->digit & 0x7f)), DigitPath::EVENT);
}

} // namespace outring

#endif
