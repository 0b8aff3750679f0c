/* Call progress analysis of a call: what its far end lets hear, as runs of silence, voice
 * and tones.
 *
 * An EnergyMeter looks at the frames, and a HEARD record tells each change.
 */
#ifndef OUTRING_CALL_PROGRESS_PORT_HPP
#define OUTRING_CALL_PROGRESS_PORT_HPP

#include <Python.h>

#include "energy_meter.hpp"
#include "event_queue.hpp"
#include "listening_port.hpp"

#include <cstring>
#include <memory>
#include <string>

namespace outring {

class SoundAnalyser : public Analyser {
public:
    SoundAnalyser(const std::string &leg, const EnergyMeter &meter) : leg(leg), meter(meter) {}

    virtual void hear(const int16_t *samples)
    {
        Run run;
        if (meter.hear(samples, run))
            push(NativeEvent{HEARD, 0, leg, run.sound, static_cast<int>(run.begin_ms), "", ""});
    }

private:
    const std::string leg;
    EnergyMeter meter;
};

} // namespace outring

class OutringCallProgress : public OutringListener {
public:
    /* See EnergyMeter. Throws pj::Error. */
    OutringCallProgress(const std::string &leg, int mode, double threshold, double modulation)
    : OutringListener(std::unique_ptr<outring::Analyser>(new outring::SoundAnalyser(
          leg, outring::EnergyMeter(mode, threshold, modulation))))
    {}
};

/* What a EnergyMeter hears in *samples*, bytes of 16 bits at 8 kHz, as a list of pairs
 * (sound, begin_ms). Runs with the interpreter locked. */
inline PyObject *outring_sound_intervals(PyObject *samples, int mode, double threshold,
                              double modulation)
{
    using namespace outring;
    char *bytes;
    Py_ssize_t length;
    if (PyBytes_AsStringAndSize(samples, &bytes, &length))
        return NULL;
    PyObject *list = PyList_New(0);
    EnergyMeter meter(mode, threshold, modulation);
    int16_t frame[FRAME];
    const Py_ssize_t size = sizeof(frame);
    for (Py_ssize_t at = 0; list && at + size <= length; at += size) {
        std::memcpy(frame, bytes + at, size);
        Run run;
        if (!meter.hear(frame, run))
            continue;
        PyObject *pair = Py_BuildValue("(iI)", run.sound, run.begin_ms);
        if (!pair || PyList_Append(list, pair))
            Py_CLEAR(list);
        Py_XDECREF(pair);
    }
    return list;
}

#endif
