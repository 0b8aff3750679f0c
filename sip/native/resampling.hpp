/* Sound at another rate, by PJMEDIA's resampler.
 *
 * That one takes frames, all of the same length, of which each has a whole number of samples at
 * either rate, and it holds a few back: what comes out is 20 samples late at most. So a bit of
 * silence goes in behind the sound, and brings its end out.
 * Needs no running PJSIP and shares nothing: any thread may call it.
 */
#ifndef OUTRING_RESAMPLING_HPP
#define OUTRING_RESAMPLING_HPP

#include <Python.h>
#include <pjmedia.h>
#include <pjsua2.hpp>

#include "native_state.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <utility>
#include <vector>

namespace outring {

const unsigned FRAMES_PER_SECOND = 50;   /* or fewer: each rate is a multiple of it */
const unsigned SILENCE_PER_SECOND = 100; /* the silence behind the sound: 10 ms */

/* PJMEDIA's resampler for mono, with the memory that it takes. Throws pj::Error. */
class Resampler {
public:
    Resampler(unsigned rate, unsigned new_rate)
    {
        unsigned common = std::gcd(rate, new_rate), count = FRAMES_PER_SECOND;
        while (common % count)
            --count;
        frame = rate / count;
        new_frame = new_rate / count;
        pj_caching_pool_init(&memory, NULL, 0);
        pool = pj_pool_create(&memory.factory, "resampler", 4000, 4000, NULL);
        /* Low quality with a large filter: band-limited, its noise 97 dB below. */
        pj_status_t status = pjmedia_resample_create(pool, PJ_FALSE, PJ_TRUE, 1, rate, new_rate,
                                                     frame, &state);
        if (status != PJ_SUCCESS)
            release();
        check(status, "create resampler");
    }
    ~Resampler()
    {
        pjmedia_resample_destroy(state);
        release();
    }
    Resampler(const Resampler &) = delete;
    Resampler &operator=(const Resampler &) = delete;

    /* Samples at the new rate; those of *input* are filled up with silence to whole frames. */
    std::vector<int16_t> run(std::vector<int16_t> input)
    {
        size_t frames = (input.size() + frame - 1) / frame;
        input.resize(frames * frame);
        std::vector<int16_t> output(frames * new_frame);
        for (size_t i = 0; i < frames; ++i)
            pjmedia_resample_run(state, &input[i * frame], &output[i * new_frame]);
        return output;
    }

private:
    void release()
    {
        pj_pool_release(pool);
        pj_caching_pool_destroy(&memory);
    }

    pj_caching_pool memory;
    pj_pool_t *pool;
    pjmedia_resample *state = NULL;
    unsigned frame, new_frame; /* samples of a frame at either rate */
};

inline std::vector<int16_t> resample(std::vector<int16_t> samples, unsigned rate,
                                     unsigned new_rate)
{
    samples.resize(samples.size() + rate / SILENCE_PER_SECOND);
    const uint64_t length = samples.size();
    std::vector<int16_t> output = Resampler(rate, new_rate).run(std::move(samples));
    output.resize(length * new_rate / rate);
    return output;
}

} // namespace outring

/* Convert *samples*, bytes of 16 bits and mono, from *rate* to *new_rate* hertz, with 10 ms
 * of silence at the end. Others may have the interpreter meanwhile. Throws pj::Error. */
inline PyObject *outring_resample(PyObject *samples, unsigned rate, unsigned new_rate)
{
    char *bytes;
    Py_ssize_t length;
    if (PyBytes_AsStringAndSize(samples, &bytes, &length))
        return NULL;
    std::vector<int16_t> sound(length / sizeof(int16_t));
    std::memcpy(sound.data(), bytes, sound.size() * sizeof(int16_t));
    PyThreadState *others = PyEval_SaveThread();
    try {
        sound = outring::resample(std::move(sound), rate, new_rate);
    } catch (...) {
        PyEval_RestoreThread(others);
        throw;
    }
    PyEval_RestoreThread(others);
    return PyBytes_FromStringAndSize(reinterpret_cast<const char *>(sound.data()),
                                     sound.size() * sizeof(int16_t));
}

#endif
