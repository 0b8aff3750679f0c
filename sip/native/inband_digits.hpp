/* DTMF in the sound of a call (ITU-T Q.23, Q.24), for far ends that send keys neither as
 * telephone-events nor by INFO. The detector is spandsp's (LGPL-2.1).
 */
#ifndef OUTRING_INBAND_DIGITS_HPP
#define OUTRING_INBAND_DIGITS_HPP

#include <Python.h>

#include "listening_port.hpp"

#include <spandsp.h>

#include <cstring>
#include <memory>
#include <string>
#include <utility>

namespace outring {

/* Gives the digits in frames to *sink*, a function of a char, each as soon as it is certain. */
template <typename Sink> class DigitDetector {
public:
    explicit DigitDetector(Sink sink)
    : sink(std::move(sink)), state(dtmf_rx_init(NULL, &on_digits, this))
    {
        /* Twist is by how much one of the two tones may be louder, either of them: within
         * what administrations allow (ITU-T Q.24), since codecs and lines tilt it. */
        const int WITHOUT_DIAL_TONE = 1, TWIST_DB = 8, REVERSE_DB = 8, LEAST_DBM0 = -42;
        if (state)
            dtmf_rx_parms(state, WITHOUT_DIAL_TONE, TWIST_DB, REVERSE_DB, LEAST_DBM0);
    }

    ~DigitDetector()
    {
        if (state)
            dtmf_rx_free(state);
    }

    /* NULL is a frame without sound. */
    void hear(const int16_t *samples)
    {
        static const int16_t SILENT[FRAME] = {};
        if (state)
            dtmf_rx(state, samples ? samples : SILENT, FRAME);
    }

private:
    DigitDetector(const DigitDetector &);
    DigitDetector &operator=(const DigitDetector &);

    static void on_digits(void *self, const char *digits, int count)
    {
        for (int i = 0; i < count; ++i)
            static_cast<DigitDetector *>(self)->sink(digits[i]);
    }

    Sink sink;
    dtmf_rx_state_t *state;
};

template <typename Sink> class DigitAnalyser : public Analyser {
public:
    explicit DigitAnalyser(Sink sink) : detector(std::move(sink)) {}
    virtual void hear(const int16_t *samples) { detector.hear(samples); }

private:
    DigitDetector<Sink> detector;
};

template <typename Sink> inline std::unique_ptr<Analyser> make_digit_analyser(Sink sink)
{
    return std::unique_ptr<Analyser>(new DigitAnalyser<Sink>(std::move(sink)));
}

} // namespace outring

/* Listens to the digits of one call, which owns it. */
class OutringDigitListener : public OutringListener {
public:
    /* Throws pj::Error. */
    explicit OutringDigitListener(std::unique_ptr<outring::Analyser> analyser)
    : OutringListener(std::move(analyser))
    {}
};

/* The digits in *samples*, bytes of 16 bits at 8 kHz. */
inline std::string outring_inband_digits(PyObject *samples)
{
    using namespace outring;
    char *bytes;
    Py_ssize_t length;
    std::string digits;
    if (PyBytes_AsStringAndSize(samples, &bytes, &length)) {
        PyErr_Clear();
        return digits;
    }
    auto analyser = make_digit_analyser([&digits](char digit) { digits += digit; });
    int16_t frame[FRAME];
    const Py_ssize_t size = sizeof(frame);
    for (Py_ssize_t at = 0; at + size <= length; at += size) {
        std::memcpy(frame, bytes + at, size);
        analyser->hear(frame);
    }
    return digits;
}

#endif
