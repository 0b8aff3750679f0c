/* What a server has said and the far end has not heard yet, with the marks in between.
 *
 * It knows neither locks nor clocks: a frame is taken at each tick of 20 ms. Sound is never
 * stretched. Where the next sound has not come in time, a frame of silence is played, and what
 * comes late makes all that follows late; a server that speaks in real time would stay late for
 * good. So as many frames as were late are left out again: those that are silent, or else each
 * tenth, as long as the server speaks no faster and no slower than it is heard. Of one that
 * sends whole sentences at once nothing is ever left out but silence.
 * A longer silence may be a pause of the server, or of the network: what comes behind it may be
 * sent ahead, or late. Up to a second may wait. Of what a server that has spoken in real time for
 * ten seconds has waiting beyond that, as much is left out as there was silence before.
 */
#ifndef OUTRING_PLAYBACK_QUEUE_HPP
#define OUTRING_PLAYBACK_QUEUE_HPP

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace outring {

class PlaybackQueue {
public:
    typedef std::vector<std::string> Names;

    /* *frame* bytes are a tick; *is_silent* tells whether so many bytes have no speech. */
    PlaybackQueue(size_t frame, bool (*is_silent)(const uint8_t *, size_t))
    : frame(frame), is_silent(is_silent)
    {}

    /* Bytes that wait. */
    size_t size() const
    {
        return static_cast<size_t>(pushed - played);
    }

    void push(std::vector<uint8_t> &&bytes)
    {
        if (bytes.empty())
            return;
        if (is_speaking && gap && gap <= LONGEST_GAP) {
            late += gap;
            debt += gap;
        }
        gap = 0;
        is_speaking = true;
        pushed += bytes.size();
        recent += bytes.size();
        blocks.push_back(std::move(bytes));
    }

    /* A mark behind what was pushed; false if it is reached already. */
    bool push_mark(const std::string &name)
    {
        if (!size() && marks.empty())
            return false;
        marks.push_back(Mark{pushed, name});
        return true;
    }

    size_t waiting_marks() const
    {
        return marks.size();
    }

    /* Drop everything; the marks that waited. */
    Names clear()
    {
        blocks.clear();
        place = 0;
        played = pushed;
        is_speaking = false;
        gap = debt = silence = 0;
        return take_marks();
    }

    /* The next frame, filled up with *filler*; false if there is none. Marks that are reached
     * by it are added to *reached*. Called at every tick. */
    bool pop(uint8_t *target, uint8_t filler, Names &reached)
    {
        least = std::min(least, size());
        measure_pace();
        if (debt && size() >= 2 * frame && may_leave_out())
            leave_out();
        size_t filled = read(target);
        if (!filled) {
            note_gap();
            return false;
        }
        std::memset(target + filled, filler, frame - filled);
        Names names = take_marks();
        reached.insert(reached.end(), names.begin(), names.end());
        return true;
    }

    /* Frames of silence because sound came late. */
    uint64_t late_frames() const
    {
        return late;
    }

private:
    struct Mark {
        uint64_t place;
        std::string name;
    };

    static const unsigned LONGEST_GAP = 10; /* ticks: more is a pause of the server */
    static const unsigned PACE_TICKS = 50;
    static const unsigned SPARE_TICKS = 10;
    static const unsigned STEADY_S = 10;
    static const unsigned MAX_AHEAD = 50; /* frames that may wait without being late */

    /* Whether the server sends as much as is heard, give or take a tenth, by the last second. */
    void measure_pace()
    {
        if (++pace_ticks < PACE_TICKS)
            return;
        is_real_time = recent >= frame * PACE_TICKS * 9 / 10 && recent <= frame * PACE_TICKS * 11 / 10;
        steady_s = is_real_time ? steady_s + 1 : 0;
        if (steady_s >= STEADY_S && least > MAX_AHEAD * frame)
            debt = std::max(debt, std::min(silence, static_cast<unsigned>(least / frame) - MAX_AHEAD));
        pace_ticks = 0;
        recent = 0;
        least = size();
    }

    bool may_leave_out()
    {
        ++since_left_out;
        const std::vector<uint8_t> &block = blocks.front();
        size_t length = std::min(frame, block.size() - place);
        return is_silent(block.data() + place, length) ||
               (is_real_time && since_left_out >= SPARE_TICKS);
    }

    void leave_out()
    {
        std::vector<uint8_t> dropped(frame);
        read(dropped.data());
        --debt;
        silence -= std::min(silence, 1u);
        since_left_out = 0;
    }

    size_t read(uint8_t *target)
    {
        size_t filled = 0;
        while (filled < frame && !blocks.empty()) {
            const std::vector<uint8_t> &block = blocks.front();
            size_t length = std::min(frame - filled, block.size() - place);
            std::memcpy(target + filled, block.data() + place, length);
            filled += length;
            place += length;
            if (place == block.size()) {
                blocks.pop_front();
                place = 0;
            }
        }
        played += filled;
        return filled;
    }

    void note_gap()
    {
        if (played)
            ++silence;
        if (is_speaking && ++gap > LONGEST_GAP) {
            is_speaking = false;
            gap = debt = 0;
        }
    }

    Names take_marks()
    {
        Names names;
        while (!marks.empty() && marks.front().place <= played) {
            names.push_back(std::move(marks.front().name));
            marks.pop_front();
        }
        return names;
    }

    const size_t frame;
    bool (*const is_silent)(const uint8_t *, size_t);
    std::deque<std::vector<uint8_t> > blocks;
    size_t place = 0; /* in the first of them */
    uint64_t pushed = 0;
    uint64_t played = 0; /* or dropped */
    std::deque<Mark> marks;
    bool is_speaking = false; /* the server has not paused */
    unsigned gap = 0;  /* ticks without sound, while it is speaking */
    unsigned debt = 0; /* ticks that it is behind */
    unsigned silence = 0; /* ticks since it has first spoken that were not made up for */
    uint64_t late = 0;
    unsigned pace_ticks = 0;
    size_t recent = 0; /* bytes that were pushed within them */
    bool is_real_time = false;
    unsigned steady_s = 0; /* for which it has been so */
    size_t least = 0; /* bytes that have waited at any tick of this second */
    unsigned since_left_out = 0;
};

} // namespace outring

#endif
