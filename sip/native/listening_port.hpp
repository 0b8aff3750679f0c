/* What listens to a call: a port of the conference bridge without a voice of its own, whose
 * frames go to an Analyser.
 *
 * The bridge's clock brings the frames, on the thread of the media; all else belongs to the
 * thread that polls. The bridge mixes at 8 kHz, so that whatever codec a call has is heard
 * as narrowband.
 */
#ifndef OUTRING_LISTENING_PORT_HPP
#define OUTRING_LISTENING_PORT_HPP

#include <pjsua2.hpp>

#include "frames.hpp"
#include "native_state.hpp"

#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

namespace outring {

/* Hears one call, frame by frame, on the thread of the media. */
class Analyser {
public:
    virtual ~Analyser() {}

    /* Hear the next FRAME samples; NULL is a frame without sound. */
    virtual void hear(const int16_t *samples) = 0;
};

struct ListeningPort {
    pjmedia_port port; /* first: the bridge knows only this */
    pj_pool_t *pool;
    std::unique_ptr<Analyser> analyser;

    ListeningPort(pj_pool_t *pool, std::unique_ptr<Analyser> analyser)
    : pool(pool), analyser(std::move(analyser))
    {
        std::memset(&port, 0, sizeof(port));
        pj_str_t name = pj_str(const_cast<char *>("ear"));
        pjmedia_port_info_init(&port.info, &name, PJMEDIA_SIG_CLASS_PORT_AUD('o', 'r'), RATE,
                               1, 16, FRAME);
        port.put_frame = &put_frame;
        port.on_destroy = &on_destroy;
    }

    static ListeningPort *of(pjmedia_port *port)
    {
        return reinterpret_cast<ListeningPort *>(port);
    }

    static pj_status_t put_frame(pjmedia_port *port, pjmedia_frame *frame)
    {
        bool has_sound = frame->type == PJMEDIA_FRAME_TYPE_AUDIO &&
                         frame->size == FRAME * sizeof(int16_t);
        of(port)->analyser->hear(has_sound ? static_cast<int16_t *>(frame->buf) : NULL);
        return PJ_SUCCESS;
    }

    /* The bridge lets go of a port later than it is removed. */
    static pj_status_t on_destroy(pjmedia_port *port)
    {
        ListeningPort *self = of(port);
        pj_pool_t *pool = self->pool;
        delete self;
        pj_pool_release(pool);
        return PJ_SUCCESS;
    }
};

} // namespace outring

/* Listens as long as it lives; hears nothing until a call is connected to it. */
class OutringListener {
public:
    ~OutringListener()
    {
        if (pjsua_get_state() == PJSUA_STATE_NULL)
            return; /* PJSIP has gone, and everything with it */
        pjsua_conf_remove_port(place);
        pjmedia_port_destroy(port);
    }

    pjsua_conf_port_id slot() const { return place; }

protected:
    /* Throws pj::Error. */
    explicit OutringListener(std::unique_ptr<outring::Analyser> analyser)
    : port(NULL), place(PJSUA_INVALID_ID)
    {
        using namespace outring;
        pj_pool_t *pool = pjsua_pool_create("ear", 512, 512);
        check(pool ? PJ_SUCCESS : PJ_ENOMEM, "create ear");
        ListeningPort *ear = new ListeningPort(pool, std::move(analyser));
        pj_status_t status = pjmedia_port_init_grp_lock(&ear->port, pool, NULL);
        if (status != PJ_SUCCESS) {
            ListeningPort::on_destroy(&ear->port);
            check(status, "create ear");
        }
        port = &ear->port;
        status = pjsua_conf_add_port(pool, port, &place);
        if (status != PJ_SUCCESS) {
            pjmedia_port_destroy(port);
            check(status, "add ear");
        }
    }

private:
    OutringListener(const OutringListener &);
    OutringListener &operator=(const OutringListener &);

    pjmedia_port *port;
    pjsua_conf_port_id place;
};

#endif
