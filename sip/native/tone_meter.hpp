/* Which tones of a telephone network are heard, frame by frame: one frequency or two at once.
 *
 * Samples are of 16 bits at 8 kHz, a frame has 20 ms. The energy_meter.hpp knows single tones
 * alone; those of networks are of one frequency or two (ITU-T E.180), some of them 40 Hz apart
 * and others modulated. Only changes are told (ToneRun), each with when it began, and
 * only such as last: speech would be hundreds of changes a second otherwise.
 * Pure: no clock, no lock, no memory taken.
 */
#ifndef OUTRING_TONE_METER_HPP
#define OUTRING_TONE_METER_HPP

#include "energy_meter.hpp"
#include "frames.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace outring {

/* Hertz, the lower one first; another is 0 if there is one tone, both are if there is none. */
struct TonePair {
    double tone = 0, another = 0;
};

const unsigned WAVES = 4; /* cosine and sine of two frequencies */

/* The normal equations of a frame over the cosines and sines of two frequencies: in each row
 * the coefficients, and then what they are to add up to. */
inline void add_waves(const int16_t *samples, const double (&hertz)[2],
                      double (&rows)[WAVES][WAVES + 1])
{
    double turn[2][2], now[2][2] = {{1, 0}, {1, 0}};
    for (unsigned i = 0; i < 2; ++i) {
        turn[i][0] = std::cos(2 * M_PI * hertz[i] / RATE);
        turn[i][1] = std::sin(2 * M_PI * hertz[i] / RATE);
    }
    for (unsigned n = 0; n < FRAME; ++n) {
        const double wave[WAVES] = {now[0][0], now[0][1], now[1][0], now[1][1]};
        for (unsigned row = 0; row < WAVES; ++row) {
            for (unsigned column = row; column < WAVES; ++column)
                rows[row][column] += wave[row] * wave[column];
            rows[row][WAVES] += wave[row] * samples[n];
        }
        for (unsigned i = 0; i < 2; ++i) {
            const double cosine = now[i][0] * turn[i][0] - now[i][1] * turn[i][1];
            now[i][1] = now[i][0] * turn[i][1] + now[i][1] * turn[i][0];
            now[i][0] = cosine;
        }
    }
    for (unsigned row = 0; row < WAVES; ++row)
        for (unsigned column = 0; column < row; ++column)
            rows[row][column] = rows[column][row];
}

/* Solve positive definite equations; false if they are too close to dependent ones. */
inline bool solve(double (&rows)[WAVES][WAVES + 1], double (&found)[WAVES])
{
    const double LEAST = 1e-6;
    for (unsigned row = 0; row < WAVES; ++row) {
        if (rows[row][row] < LEAST)
            return false;
        for (unsigned below = row + 1; below < WAVES; ++below) {
            const double factor = rows[below][row] / rows[row][row];
            for (unsigned column = row; column <= WAVES; ++column)
                rows[below][column] -= factor * rows[row][column];
        }
    }
    for (unsigned row = WAVES; row-- > 0;) {
        double rest = rows[row][WAVES];
        for (unsigned column = row + 1; column < WAVES; ++column)
            rest -= rows[row][column] * found[column];
        found[row] = rest / rows[row][row];
    }
    return true;
}

/* How much of a frame's energy two sines have, and the power of each. */
struct SineFit {
    double share = 0, power = 0, another_power = 0;
};

/* Two sines as close to a frame as they can be (least squares). */
inline SineFit fit_sines(const int16_t *samples, double energy, const double (&hertz)[2])
{
    double rows[WAVES][WAVES + 1] = {}, sums[WAVES], found[WAVES] = {};
    add_waves(samples, hertz, rows);
    for (unsigned row = 0; row < WAVES; ++row)
        sums[row] = rows[row][WAVES];
    SineFit fit;
    if (!solve(rows, found))
        return fit;
    for (unsigned row = 0; row < WAVES; ++row)
        fit.share += found[row] * sums[row] / (FRAME * energy);
    fit.power = found[0] * found[0] + found[1] * found[1];
    fit.another_power = found[2] * found[2] + found[3] * found[3];
    return fit;
}

/* The smallest eigenvalue of a symmetric matrix of three rows. */
inline double smallest_eigenvalue(const double (&m)[3][3])
{
    const double mean = (m[0][0] + m[1][1] + m[2][2]) / 3;
    double spread = 2 * (m[0][1] * m[0][1] + m[0][2] * m[0][2] + m[1][2] * m[1][2]);
    for (unsigned i = 0; i < 3; ++i)
        spread += (m[i][i] - mean) * (m[i][i] - mean);
    const double scale = std::sqrt(spread / 6);
    if (scale <= 0)
        return mean;
    double b[3][3];
    for (unsigned i = 0; i < 3; ++i)
        for (unsigned k = 0; k < 3; ++k)
            b[i][k] = (m[i][k] - (i == k ? mean : 0)) / scale;
    const double half = (b[0][0] * (b[1][1] * b[2][2] - b[1][2] * b[2][1]) -
                         b[0][1] * (b[1][0] * b[2][2] - b[1][2] * b[2][0]) +
                         b[0][2] * (b[1][0] * b[2][1] - b[1][1] * b[2][0])) / 2;
    const double angle = std::acos(std::max(-1.0, std::min(1.0, half))) / 3;
    return mean + 2 * scale * std::cos(angle + 2 * M_PI / 3);
}

/* The eigenvector of the smallest eigenvalue; false if there is more than one. */
inline bool smallest_eigenvector(const double (&m)[3][3], double (&vector)[3])
{
    const double least = smallest_eigenvalue(m);
    double rows[3][3], longest = 0;
    for (unsigned i = 0; i < 3; ++i)
        for (unsigned k = 0; k < 3; ++k)
            rows[i][k] = m[i][k] - (i == k ? least : 0);
    for (unsigned i = 0; i < 3; ++i) { /* it is across every two rows */
        const double *a = rows[i], *b = rows[(i + 1) % 3];
        const double across[3] = {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2],
                                  a[0] * b[1] - a[1] * b[0]};
        const double length =
            across[0] * across[0] + across[1] * across[1] + across[2] * across[2];
        if (length > longest) {
            longest = length;
            std::copy(across, across + 3, vector);
        }
    }
    return longest > 0;
}

/* The two frequencies in a frame, by the same reasoning as tone_of(): of two sines
 * x[n] + x[n-4] = p (x[n-1] + x[n-3]) + q x[n-2]. Each of the three terms is scaled so that
 * white noise has the same power in all, and so leaves the smallest eigenvector of their
 * correlations as it is. Every second sample is taken: below 2000 Hz that tells
 * neighbours better apart. False if there are no two. */
inline bool two_frequencies(const int16_t *samples, double (&hertz)[2])
{
    const unsigned D = 2;
    double m[3][3] = {};
    for (unsigned n = 4 * D; n < FRAME; ++n) {
        double z[3] = {(samples[n] + samples[n - 4 * D]) * M_SQRT1_2,
                       (samples[n - D] + samples[n - 3 * D]) * M_SQRT1_2,
                       double(samples[n - 2 * D])};
        for (unsigned i = 0; i < 3; ++i)
            for (unsigned k = i; k < 3; ++k)
                m[i][k] += z[i] * z[k];
    }
    m[1][0] = m[0][1];
    m[2][0] = m[0][2];
    m[2][1] = m[1][2];
    double v[3];
    if (!smallest_eigenvector(m, v))
        return false;
    /* sqrt(2) v0 cos(2a) + sqrt(2) v1 cos(a) + v2 = 0, where a is an angle of D samples */
    double square = 2 * M_SQRT2 * v[0], linear = M_SQRT2 * v[1], rest = v[2] - M_SQRT2 * v[0];
    double inside = linear * linear - 4 * square * rest;
    if (inside < 0 || square == 0)
        return false;
    for (int i = 0; i < 2; ++i) {
        double cosine = (-linear + (i ? -1 : 1) * std::sqrt(inside)) / (2 * square);
        if (std::fabs(cosine) >= 1)
            return false;
        hertz[i] = std::acos(cosine) * RATE / (2 * M_PI * D);
    }
    if (hertz[0] > hertz[1])
        std::swap(hertz[0], hertz[1]);
    return true;
}

/* The tones that a frame is, if it is. Tones that are close count as one between them: their
 * difference is heard as its modulation, and 20 ms are too short to tell it better. */
inline TonePair tones_of(const int16_t *samples, double energy)
{
    const double LOWEST = 300, HIGHEST = 1950;
    const double CLOSE = 20;     /* hertz: two sines so far to both sides are all near them */
    const double FAIR = 0.85;    /* of the energy: noise 8 dB below is allowed */
    const double FAINTER = 0.02; /* of the power: 17 dB below is no second tone */
    TonePair pair;
    const double middle = frequency_of(samples);
    if (middle >= LOWEST && middle <= HIGHEST) {
        const double around[2] = {middle - CLOSE, middle + CLOSE};
        if (fit_sines(samples, energy, around).share >= FAIR) {
            pair.tone = middle;
            return pair;
        }
    }
    double both[2];
    if (!two_frequencies(samples, both) || both[0] < LOWEST || both[1] > HIGHEST)
        return pair;
    const SineFit fit = fit_sines(samples, energy, both);
    const double least = FAINTER * (fit.power + fit.another_power);
    if (fit.share < FAIR || fit.power < least || fit.another_power < least)
        return pair;
    pair.tone = both[0];
    pair.another = both[1];
    return pair;
}

struct ToneRun {
    int sound;        /* SILENCE, VOICE, or the frequency of the lower tone in hertz */
    int another;      /* that of the higher tone, or 0 */
    unsigned begin_ms; /* since the first frame */
};

class ToneMeter {
public:
    /* Hear one frame; NULL is one without sound. Whether something new has begun, *run*. */
    bool hear(const int16_t *samples, ToneRun &run)
    {
        const double energy = samples ? energy_of(samples) : 0;
        const bool is_loud = energy > 2 * range.min() + FAINT;
        Stretch frame;
        if (is_loud) {
            frame.sum = tones_of(samples, energy);
            frame.kind = frame.sum.another ? PAIR : frame.sum.tone ? SINGLE : OTHER;
        }
        range.add(frame.is_tone() ? 0 : energy); /* a tone is no noise */
        frame.begin_ms = FRAME_MS * frames++;
        frame.count = 1;
        if (now.takes(frame)) {
            next = Stretch();
            next.count = 0;
            return false;
        }
        if (!next.count || !next.takes(frame))
            next = frame;
        if (next.count < frames_of(next.kind, now.kind))
            return false;
        now = next;
        next.count = 0;
        run.sound = now.kind == QUIET ? SILENCE
                    : now.kind == OTHER ? VOICE
                                        : static_cast<int>(std::lround(now.tone()));
        run.another = now.kind == PAIR ? static_cast<int>(std::lround(now.another())) : 0;
        run.begin_ms = now.begin_ms;
        return true;
    }

private:
    enum StretchKind { QUIET, OTHER, SINGLE, PAIR };

    /* Frames one after another that are the same. */
    struct Stretch {
        StretchKind kind = QUIET;
        TonePair sum; /* of the frequencies of its frames, *count* of them */
        unsigned count = 0, begin_ms = 0;

        bool is_tone() const { return kind == SINGLE || kind == PAIR; }
        double tone() const { return sum.tone / count; }
        double another() const { return sum.another / count; }

        /* Whether the next *frame* belongs here; then it does. */
        bool takes(const Stretch &frame)
        {
            const double DRIFT = 30; /* hertz */
            const unsigned ENOUGH = 50;
            if (frame.kind != kind)
                return false;
            if (is_tone() && (std::fabs(frame.sum.tone - tone()) > DRIFT ||
                              std::fabs(frame.sum.another - another()) > DRIFT))
                return false;
            if (count < ENOUGH) {
                sum.tone += frame.sum.tone;
                sum.another += frame.sum.another;
                ++count;
            }
            return true;
        }
    };

    /* How long a sound must last to be told: tones may be gone for a frame that was lost,
     * speech has pauses and vowels that are tones. */
    static unsigned frames_of(StretchKind kind, StretchKind before)
    {
        if (kind == QUIET)
            return before == OTHER ? 5 : 2;
        if (kind == OTHER)
            return 4;
        return before == QUIET ? 3 : 5;
    }

    static double energy_of(const int16_t *samples)
    {
        int64_t sum = 0;
        for (unsigned n = 0; n < FRAME; ++n)
            sum += int32_t(samples[n]) * samples[n];
        return double(sum) / FRAME;
    }

    static constexpr double FAINT = 10000; /* about 50 dB below full scale */

    Range range;
    Stretch now, next;
    unsigned frames = 0;
};

} // namespace outring

#endif
