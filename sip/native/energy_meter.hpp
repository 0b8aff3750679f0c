/* What sound is heard, frame by frame: silence, voice (whatever is loud), or one tone.
 *
 * Samples are of 16 bits at 8 kHz, a frame has 20 ms. Energy is the mean of the squares
 * of a frame's samples: 10000 is a level of 100, about 50 dB below full scale.
 * Only changes are told (Run), each with when it began, so that nobody else has to look at
 * frames. Pure: no clock, no lock, no memory taken.
 */
#ifndef OUTRING_ENERGY_METER_HPP
#define OUTRING_ENERGY_METER_HPP

#include "frames.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace outring {

/* How voice is told from silence by energy; min and max are those of the last seconds. */
enum ThresholdMode {
    FIXED = 0, /* above the threshold */
    RATIO = 1, /* above so many hundredths of the way from min to max */
    OFFSET = 2 /* above min by the threshold */
};

enum { SILENCE = 0, VOICE = 1 }; /* sounds; greater: a tone of so many hertz */

struct Run {
    int sound;
    unsigned begin_ms; /* since the first frame */
};

/* The least and the greatest energy of the last seconds, over 100 ms each: single frames
 * of noise differ too much. */
class Range {
public:
    void add(double energy)
    {
        /* What is digitally silent says nothing of the line's noise. */
        sum = energy < QUIET ? 0 : sum + energy;
        count = energy < QUIET ? 0 : count + 1;
        if (count == 1 && !is_known) {
            first = energy;
            is_known = true;
        }
        if (count == MEANS) {
            note(sum / MEANS);
            first = UNKNOWN;
            sum = 0;
            count = 0;
        }
        if (++age == SLOT)
            next_slot();
    }

    /* 0 while nothing is known. Speech from the first frame on must not pass for noise. */
    double min() const
    {
        double least = std::min(first, *std::min_element(lows, lows + SLOTS));
        return least < UNKNOWN ? std::min(least, MAX_NOISE) : 0;
    }

    double max() const { return *std::max_element(highs, highs + SLOTS); }

private:
    static constexpr double QUIET = 100;
    static constexpr double MAX_NOISE = 160000; /* about 38 dB below full scale */
    static constexpr double UNKNOWN = 1e12;
    static const unsigned MEANS = 5, SLOT = 25, SLOTS = 8; /* frames, frames, 4 s of them */

    void note(double mean)
    {
        lows[slot] = std::min(lows[slot], mean);
        highs[slot] = std::max(highs[slot], mean);
    }

    void next_slot()
    {
        age = 0;
        slot = (slot + 1) % SLOTS;
        lows[slot] = UNKNOWN;
        highs[slot] = 0;
    }

    bool is_known = false;
    double first = UNKNOWN; /* energy of one frame, until there is a mean */
    double sum = 0;
    unsigned count = 0, age = 0, slot = 0;
    double lows[SLOTS] = {UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN,
                          UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN};
    double highs[SLOTS] = {};
};

/* The frequency that a frame would have if it were one tone, in hertz; 0 if it can be none.
 *
 * Of a sine, x[n] + x[n-2] is 2 cos(w) x[n-1]. The sums are such that white noise leaves
 * them as they are on average (Pisarenko's method, over pairs of neighbours). */
inline double frequency_of(const int16_t *samples)
{
    double across = 0, squares = 0;
    for (unsigned n = 2; n < FRAME; ++n) {
        double middle = samples[n - 1], around = samples[n] + samples[n - 2];
        across += middle * around;
        squares += around * around - 2 * middle * middle;
    }
    double rest = std::sqrt(squares * squares + 8 * across * across) - squares;
    if (std::fabs(across) * 2 >= rest) /* a cosine of 1 or more */
        return 0;
    return std::acos(2 * across / rest) * RATE / (2 * M_PI);
}

/* The frequency of a frame that is one tone, in hertz; 0 if it is not. Goertzel's algorithm
 * says how much of the energy is there. */
inline double tone_of(const int16_t *samples, double energy)
{
    const double PURE = 0.8; /* share of the energy: noise 6 dB below is allowed */
    const double LOWEST = 350, HIGHEST = 2600;
    const double hertz = frequency_of(samples);
    const double factor = 2 * std::cos(2 * M_PI * hertz / RATE);
    if (hertz < LOWEST || hertz > HIGHEST)
        return 0;
    double last = 0, before = 0;
    for (unsigned n = 0; n < FRAME; ++n) {
        double now = samples[n] + factor * last - before;
        before = last;
        last = now;
    }
    double power = last * last + before * before - factor * last * before;
    return 2 * power / (double(FRAME) * FRAME * energy) > PURE ? hertz : 0;
}

/* Frames that are one steady tone, as far as they go. */
class Steady {
public:
    explicit Steady(double modulation) : modulation(modulation) {}

    /* Whether the frame belongs to the tone that has begun; if not, another one may. */
    bool add(double hertz, double energy, unsigned at_ms)
    {
        if (count && hertz && std::fabs(hertz - mean()) <= DRIFT &&
            std::max(high, energy) * (1 - modulation) <= std::min(low, energy)) {
            low = std::min(low, energy);
            high = std::max(high, energy);
            if (count < FRAMES)
                sum += hertz;
            ++count;
            misses = 0;
            return true;
        }
        if (count >= FRAMES && ++misses <= MISSES)
            return true; /* a lost packet, or the phase of ANSam turns (ITU-T V.8) */
        count = hertz ? 1 : 0;
        misses = 0;
        sum = hertz;
        low = high = energy;
        begin_ms = at_ms;
        return false;
    }

    bool is_tone() const { return count >= FRAMES; }
    double mean() const { return sum / std::min(count, FRAMES); }
    unsigned begin() const { return begin_ms; }

private:
    static constexpr double DRIFT = 30; /* hertz */
    static constexpr unsigned FRAMES = 3, MISSES = 1;

    const double modulation; /* how far energy may fall below its greatest, 0 to 1 */
    unsigned count = 0, misses = 0, begin_ms = 0;
    double sum = 0, low = 0, high = 0;
};

class EnergyMeter {
public:
    /* *threshold*: energy, but hundredths in mode RATIO. *modulation*: how many hundredths
     * the energy of a tone may vary. */
    EnergyMeter(int mode, double threshold, double modulation)
    : mode(mode), threshold(threshold), steady(modulation / 100)
    {}

    /* Hear one frame; NULL is one without sound. Whether something new has begun, *run*. */
    bool hear(const int16_t *samples, Run &run)
    {
        double energy = samples ? energy_of(samples) : 0;
        double hertz = energy > FAINT ? tone_of(samples, energy) : 0;
        unsigned at_ms = FRAME_MS * frames++;
        range.add(hertz ? 0 : energy); /* a tone is no noise */
        bool is_loud = energy > limit();
        bool goes_on = steady.add(hertz, energy, at_ms);
        if (!is_loud && quiet++ == 0)
            quiet_ms = at_ms;
        if (is_loud)
            quiet = 0;
        if (steady.is_tone()) {
            if (goes_on && now.sound > VOICE)
                return false;
            return change(static_cast<int>(std::lround(steady.mean())), steady.begin(), run);
        }
        if (is_loud)
            return now.sound != VOICE && change(VOICE, at_ms, run);
        return now.sound != SILENCE && quiet >= GAP && change(SILENCE, quiet_ms, run);
    }

    unsigned elapsed_ms() const { return FRAME_MS * frames; }

private:
    static const unsigned GAP = 3; /* frames: a shorter gap is no end */

    static double energy_of(const int16_t *samples)
    {
        int64_t sum = 0;
        for (unsigned n = 0; n < FRAME; ++n)
            sum += int32_t(samples[n]) * samples[n];
        return double(sum) / FRAME;
    }

    double limit() const
    {
        if (mode == FIXED)
            return threshold;
        double min = range.min();
        if (mode == RATIO)
            return std::max(NOISE_PEAK * min, min + (range.max() - min) * threshold / 100);
        return NOISE_PEAK * min + threshold;
    }

    bool change(int sound, unsigned begin_ms, Run &run)
    {
        now.sound = sound;
        now.begin_ms = begin_ms;
        run = now;
        return true;
    }

    static constexpr double FAINT = 10000; /* of a tone that nobody would have to hear */
    static constexpr double NOISE_PEAK = 2; /* what frames of noise reach, by its mean */

    const int mode;
    const double threshold;
    Range range;
    Steady steady;
    Run now = {SILENCE, 0};
    unsigned frames = 0, quiet = 0, quiet_ms = 0;
};

} // namespace outring

#endif
