/* The place of an audio stream in the conference bridge, and which stream each call has.
 *
 * The port has the rate of the stream; the bridge resamples where that is not its own.
 */
#ifndef OUTRING_STREAM_PORT_HPP
#define OUTRING_STREAM_PORT_HPP

#include <Python.h>
#include <pjsua-lib/pjsua.h>
#include <pjsua-lib/pjsua_internal.h>
#include <pjsua2.hpp>

#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "audio_stream.hpp"
#include "native_state.hpp"

namespace outring {

/* PJSIP destroys it, on one thread or another, once neither the bridge nor we use it. */
struct StreamPort {
    pjmedia_port base; /* first: the bridge knows only this */
    std::shared_ptr<AudioStream> stream;

    static AudioStream &stream_of(pjmedia_port *port)
    {
        return *reinterpret_cast<StreamPort *>(port)->stream;
    }

    static size_t size_of(pjmedia_port *port)
    {
        return stream_of(port).settings.samples_of_frame() * sizeof(int16_t);
    }

    static pj_status_t get_frame(pjmedia_port *port, pjmedia_frame *frame)
    {
        bool is_heard = stream_of(port).speak(static_cast<int16_t *>(frame->buf));
        frame->type = is_heard ? PJMEDIA_FRAME_TYPE_AUDIO : PJMEDIA_FRAME_TYPE_NONE;
        frame->size = is_heard ? size_of(port) : 0;
        return PJ_SUCCESS;
    }

    static pj_status_t put_frame(pjmedia_port *port, pjmedia_frame *frame)
    {
        bool is_audio = frame->type == PJMEDIA_FRAME_TYPE_AUDIO && frame->size == size_of(port);
        stream_of(port).hear(is_audio ? static_cast<const int16_t *>(frame->buf) : NULL);
        return PJ_SUCCESS;
    }

    static pj_status_t on_destroy(pjmedia_port *port)
    {
        delete reinterpret_cast<StreamPort *>(port);
        return PJ_SUCCESS;
    }
};

/* A stream in the bridge, as long as it lives; the stream ends with it. */
class BridgedStream {
public:
    /* Throws pj::Error. */
    BridgedStream(const std::shared_ptr<AudioStream> &stream, pj_pool_t *pool) : stream(stream)
    {
        pj_str_t name = pj_str(const_cast<char *>("stream"));
        StreamPort *made = new StreamPort;
        port = &made->base;
        std::memset(port, 0, sizeof(*port));
        pjmedia_port_info_init(&port->info, &name, PJMEDIA_SIGNATURE('O', 'U', 'T', 'S'),
                               stream->settings.rate, 1, 16,
                               static_cast<unsigned>(stream->settings.samples_of_frame()));
        port->get_frame = &StreamPort::get_frame;
        port->put_frame = &StreamPort::put_frame;
        port->on_destroy = &StreamPort::on_destroy;
        made->stream = stream;
        pj_status_t status = pjmedia_port_init_grp_lock(port, pool, NULL);
        if (status == PJ_SUCCESS)
            status = pjsua_conf_add_port(pool, port, &place);
        if (status != PJ_SUCCESS) {
            pjmedia_port_destroy(port);
            check(status, "add stream");
        }
    }

    ~BridgedStream()
    {
        stream->end();
        if (pjsua_get_state() == PJSUA_STATE_NULL)
            return; /* PJSIP has gone, and everything with it */
        pjsua_conf_remove_port(place);
        pjmedia_port_destroy(port); /* as soon as the bridge lets go of it, too */
    }

    BridgedStream(const BridgedStream &) = delete;
    BridgedStream &operator=(const BridgedStream &) = delete;

    pjsua_conf_port_id slot() const
    {
        return place;
    }

    const std::shared_ptr<AudioStream> stream;

private:
    pjmedia_port *port;
    pjsua_conf_port_id place = PJSUA_INVALID_ID;
};

/* The streams of all calls, by leg, until their facts are read for the last time. */
class Streams {
public:
    void set(const std::string &leg, const std::shared_ptr<AudioStream> &stream)
    {
        std::lock_guard<std::mutex> guard(mutex);
        by_leg[leg] = stream;
    }

    /* Its call is answered. */
    void on_answered(const pj_str_t &leg)
    {
        std::lock_guard<std::mutex> guard(mutex);
        auto found = by_leg.empty() ? by_leg.end() : by_leg.find(std::string(leg.ptr, leg.slen));
        if (found != by_leg.end())
            found->second->on_answered();
    }

    void unset(const std::string &leg)
    {
        std::lock_guard<std::mutex> guard(mutex);
        by_leg.erase(leg);
    }

    void clear()
    {
        std::lock_guard<std::mutex> guard(mutex);
        by_leg.clear();
    }

    std::shared_ptr<AudioStream> of(const std::string &leg)
    {
        std::lock_guard<std::mutex> guard(mutex);
        auto found = by_leg.find(leg);
        return found == by_leg.end() ? NULL : found->second;
    }

private:
    std::mutex mutex;
    std::map<std::string, std::shared_ptr<AudioStream> > by_leg;
};

inline Streams &streams()
{
    static Streams instance;
    return instance;
}

} // namespace outring

/* StreamSettings for Python. */
class OutringStreamSettings : public outring::StreamSettings {
public:
    void addAddress(const std::string &address)
    {
        addresses.push_back(address);
    }

    void addHeader(const std::string &name, const std::string &value)
    {
        headers.emplace_back(name, value);
    }
};

/* The facts of a leg's stream as a tuple, in the order of StreamFacts; None if it has none. Any
 * thread. Runs with the interpreter locked. */
inline PyObject *outring_stream_facts(const std::string &leg)
{
    std::shared_ptr<outring::AudioStream> stream = outring::streams().of(leg);
    if (!stream)
        Py_RETURN_NONE;
    const outring::StreamFacts facts = stream->facts();
    const size_t frame = stream->settings.bytes_of_frame();
    typedef unsigned long long Count;
    return Py_BuildValue(
        "(ddKKKKKKKKKd)", facts.opened_at, facts.first_audio_at, Count(facts.frames_to_server),
        Count(facts.bytes_from_server / frame), Count(facts.frames_dropped),
        Count(facts.frames_late), Count(facts.clears), Count(facts.marks), Count(facts.reconnects),
        Count(facts.invalid_messages), Count(facts.max_buffered * outring::STREAM_FRAME_MS / frame),
        facts.max_clear_s * 1000);
}

inline void outring_forget_stream(const std::string &leg)
{
    outring::streams().unset(leg);
}

/* What a PlaybackQueue of u-law plays where these bytes come before each tick, as a list with None
 * for ticks without sound; and how many frames were late. Runs with the interpreter locked. */
inline PyObject *outring_play_ticks(PyObject *pushes)
{
    using namespace outring;
    const size_t FRAME_BYTES = 160;
    PlaybackQueue queue(FRAME_BYTES, &is_silent_ulaw);
    PlaybackQueue::Names marks;
    PyObject *played = PyList_New(0);
    for (Py_ssize_t i = 0; played && i < PyList_Size(pushes); ++i) {
        char *bytes;
        Py_ssize_t size;
        if (PyBytes_AsStringAndSize(PyList_GetItem(pushes, i), &bytes, &size)) {
            Py_DECREF(played);
            return NULL;
        }
        queue.push(std::vector<uint8_t>(bytes, bytes + size));
        uint8_t frame[FRAME_BYTES];
        const bool is_heard = queue.pop(frame, 0xff, marks);
        PyObject *tick = is_heard ? PyBytes_FromStringAndSize(reinterpret_cast<char *>(frame), FRAME_BYTES)
                                  : Py_BuildValue("");
        if (!tick || PyList_Append(played, tick))
            Py_CLEAR(played);
        Py_XDECREF(tick);
    }
    return played ? Py_BuildValue("(NK)", played, static_cast<unsigned long long>(queue.late_frames()))
                  : NULL;
}

#endif
