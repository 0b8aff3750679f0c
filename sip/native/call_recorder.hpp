/* The recording of a whole call: WAV of two channels, left what the far end says, right
 * what it is sent, whatever that comes from.
 *
 * It has two ports in the conference bridge: one hears the call, the other is given what the
 * call is given. The bridge's clock brings a frame to each of them in every tick, sound or
 * not, so that both channels stay in step, and in step with the call, whatever becomes of
 * its media: a hold, a renegotiation or an outage is silence.
 */
#ifndef OUTRING_CALL_RECORDER_HPP
#define OUTRING_CALL_RECORDER_HPP

#include "event_queue.hpp"
#include "listening_port.hpp"
#include "recorder.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace outring {

enum Channel { LEFT = 0, RIGHT = 1 };

/* Puts the frames of both ports together. The clock and the thread that polls use it. */
class StereoRecorder {
public:
    StereoRecorder(const std::string &leg, int number, const std::string &path,
                   unsigned max_ms)
    : number(number), leg(leg), max_samples(samples_of(max_ms)),
      file(std::make_shared<WavFile>(path, 2))
    {
        file->begin();
    }

    /* The clock: the next frame of a channel, NULL for one without sound. */
    void hear(Channel channel, const int16_t *samples)
    {
        std::lock_guard<std::mutex> guard(mutex);
        if (is_over)
            return;
        if (has_come[channel]) /* the other port is not in the bridge yet */
            take_frame();
        has_come[channel] = true;
        bool is_heard = samples && !is_paused && (channel == LEFT || is_sent);
        if (is_heard)
            std::memcpy(frames[channel], samples, sizeof(frames[channel]));
        else
            std::memset(frames[channel], 0, sizeof(frames[channel]));
        if (has_come[LEFT] && has_come[RIGHT])
            take_frame();
    }

    /* While it is paused both channels are silent, so that times in the file stay those of
     * the call. */
    void pause(bool is_to_pause)
    {
        std::lock_guard<std::mutex> guard(mutex);
        is_paused = is_to_pause;
    }

    /* Whether the far end gets what the call is given. */
    void set_sent(bool is_sent_now)
    {
        std::lock_guard<std::mutex> guard(mutex);
        is_sent = is_sent_now;
    }

    /* Nothing is taken any more: one RECORDED follows as soon as the file is complete. */
    void end(Stop stop)
    {
        std::lock_guard<std::mutex> guard(mutex);
        finish(stop);
    }

    bool has_ended()
    {
        std::lock_guard<std::mutex> guard(mutex);
        return is_over;
    }

    const int number;

private:
    void take_frame()
    {
        has_come[LEFT] = has_come[RIGHT] = false;
        unsigned count = static_cast<unsigned>(std::min<uint64_t>(FRAME, max_samples - taken));
        if (block.empty())
            block.reserve(2 * BLOCK);
        for (unsigned i = 0; i < count; ++i) {
            block.push_back(frames[LEFT][i]);
            block.push_back(frames[RIGHT][i]);
        }
        std::memset(frames, 0, sizeof(frames));
        taken += count;
        if (block.size() + 2 * FRAME > 2 * BLOCK)
            hand_over();
        if (file->is_broken())
            finish(Stop::FAILED);
        else if (taken >= max_samples)
            finish(Stop::LIMIT);
    }

    void finish(Stop stop)
    {
        if (is_over)
            return;
        is_over = true;
        if (!block.empty())
            hand_over();
        const char *note = stop == Stop::FAILED ? "The disk is too slow." : "";
        file->finish(NativeEvent{RECORDED, 0, leg, number,
                                 static_cast<int>(milliseconds(taken)), name_of(stop), note});
    }

    void hand_over()
    {
        file->append(std::move(block));
        block = Samples();
    }

    const std::string leg;
    const uint64_t max_samples; /* of a channel */
    std::mutex mutex;
    std::shared_ptr<WavFile> file;
    Samples block; /* left and right in turn */
    int16_t frames[2][FRAME] = {};
    bool has_come[2] = {false, false}; /* in this tick */
    bool is_paused = false;
    bool is_sent = true;
    bool is_over = false;
    uint64_t taken = 0; /* samples of a channel */
};

class ChannelAnalyser : public Analyser {
public:
    ChannelAnalyser(const std::shared_ptr<StereoRecorder> &recorder, Channel channel)
    : recorder(recorder), channel(channel)
    {}

    virtual void hear(const int16_t *samples)
    {
        recorder->hear(channel, samples);
    }

private:
    const std::shared_ptr<StereoRecorder> recorder;
    const Channel channel;
};

/* One channel's port in the bridge. */
class ChannelListener : public OutringListener {
public:
    /* Throws pj::Error. */
    ChannelListener(const std::shared_ptr<StereoRecorder> &recorder, Channel channel)
    : OutringListener(std::unique_ptr<Analyser>(new ChannelAnalyser(recorder, channel)))
    {}
};

/* The recording of one call, which owns it, on the thread that polls. */
class CallRecorder {
public:
    /* Throws pj::Error; nothing is told then. */
    explicit CallRecorder(const std::shared_ptr<StereoRecorder> &recorder)
    : recorder(recorder), left(recorder, LEFT), right(recorder, RIGHT)
    {}

    ~CallRecorder()
    {
        recorder->end(Stop::ASKED);
    }

    CallRecorder(const CallRecorder &) = delete;
    CallRecorder &operator=(const CallRecorder &) = delete;

    const std::shared_ptr<StereoRecorder> recorder;
    ChannelListener left;
    ChannelListener right;
};

} // namespace outring

#endif
