/* Calls as Python sees them: their end, media and transfers are written into the queue.
 */
#ifndef OUTRING_CALL_HPP
#define OUTRING_CALL_HPP

#include <pjsua-lib/pjsua.h>
#include <pjsua-lib/pjsua_internal.h>
#include <pjsua2.hpp>

#include "call_progress_port.hpp"
#include "call_recorder.hpp"
#include "capture.hpp"
#include "dialog_events.hpp"
#include "extra_headers.hpp"
#include "inband_digits.hpp"
#include "info_digits.hpp"
#include "late_answers.hpp"
#include "listening_port.hpp"
#include "media_input.hpp"
#include "media_timeout.hpp"
#include "name_resolution.hpp"
#include "native_state.hpp"
#include "play_record_port.hpp"
#include "reception.hpp"
#include "refer.hpp"
#include "request_policy.hpp"
#include "sdp_module.hpp"
#include "send_buffer.hpp"
#include "sent_invites.hpp"
#include "stream_port.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

/* What a call shall play. */
class OutringSounds
{
public:
    void addClip(const std::string &path)
    {
        sounds.push_back(outring::Sound{outring::open_clip(path), {0, 0}, 0, 0, 0});
    }

    /* One or two frequencies in Hz, the second one 0 if there is none. */
    void addTone(unsigned frequency, unsigned another, unsigned on_ms, unsigned off_ms,
                 unsigned count)
    {
        sounds.push_back(outring::Sound{NULL, {frequency, another}, outring::samples_of(on_ms),
                                        outring::samples_of(off_ms), count});
    }

    void addSilence(unsigned milliseconds)
    {
        addTone(0, 0, 0, milliseconds, 1);
    }

    outring::Sounds sounds;
};

/* A call whose end, media and transfers are written into the queue. */
class OutringCall : private outring::Watched,
                    private outring::KeptInvite,
                    private outring::ExtraHeaders,
                    public pj::Call
{
public:
    OutringCall(pj::Account &account, const std::string &leg)
    : outring::Watched(leg), outring::KeptInvite(leg), outring::ExtraHeaders(leg), pj::Call(account),
      voice(std::make_shared<outring::PlayRecordPort>(leg))
    {}

    virtual ~OutringCall()
    {
        silence();
    }

    /* Makes the call; from now on its dialog is followed. Throws pj::Error. */
    void start(const std::string &uri, const pj::CallOpParam &parameters)
    {
        makeCall(uri, parameters);
        if (pjsip_dialog *dialog = this->dialog())
            outring::follow_dialog(dialog);
    }

    /* Refresh the session once more, if the call is up. */
    void refresh() const
    {
        if (pjsip_dialog *dialog = this->dialog())
            outring::refresh_session(dialog);
    }

    /* Put a header into every *method* of this call, which is CANCEL or BYE. */
    void addHeader(const std::string &method, const std::string &name,
                   const std::string &value)
    {
        outring::ExtraHeaders::add(outring::Header{method, name, value});
    }

    /* Let *listener* hear this call, if both have media now; so does its recording, if
     * that is of both. */
    void connectTo(const OutringCall &listener) const
    {
        pjsua_conf_port_id sink = listener.slot();
        if (slot() == PJSUA_INVALID_ID || sink == PJSUA_INVALID_ID)
            return;
        be_heard_by(sink);
        if (listener.voice->records_both())
            be_heard_by(listener.voice_slot);
        if (listener.call_recorder)
            be_heard_by(listener.call_recorder->right.slot());
    }

    void disconnectFrom(const OutringCall &listener) const
    {
        pjsua_conf_port_id source = slot(), sink = listener.slot();
        if (source == PJSUA_INVALID_ID)
            return;
        if (listener.call_recorder)
            pjsua_conf_disconnect(source, listener.call_recorder->right.slot());
        if (sink == PJSUA_INVALID_ID)
            return;
        pjsua_conf_disconnect(source, sink);
        if (listener.voice->records_both())
            pjsua_conf_disconnect(source, listener.voice_slot);
    }

    /* Play *sounds* to the far end behind what waits already; see play_record_port.hpp. Throws
     * pj::Error. */
    void play(int number, const OutringSounds &sounds, const std::string &stops_on)
    {
        need_voice();
        voice->play(number, sounds.sounds, stops_on);
        connect_voice();
        connect_recorder();
    }

    /* 0 ms until speech, or of silence after it: that ends nothing. Throws pj::Error. */
    void record(int number, const std::string &path, bool is_of_both, unsigned max_ms,
                unsigned start_ms, unsigned silence_ms, const std::string &stops_on,
                const OutringSounds &beep)
    {
        need_voice();
        voice->record(outring::Recording{number, path, is_of_both, max_ms, start_ms,
                                         silence_ms, stops_on}, beep.sounds);
        connect_voice();
        connect_recorder();
    }

    /* Record both sides of the call, each as a channel (call_recorder.hpp), beside what
     * record() does. Whoever is heard by the far end has to be connected again. Throws
     * pj::Error. */
    void recordCall(int number, const std::string &path, unsigned max_ms)
    {
        need_voice();
        call_recorder.reset(new outring::CallRecorder(
            std::make_shared<outring::StereoRecorder>(leg, number, path, max_ms)));
        connect_recorder();
    }

    /* Have the recording of the call be silent, or go on with it. */
    void pauseRecording(int number, bool is_to_pause)
    {
        if (call_recorder && call_recorder->recorder->number == number)
            call_recorder->recorder->pause(is_to_pause);
    }

    /* End a play or a recording. */
    void stop(int number)
    {
        voice->stop(number);
        if (call_recorder && call_recorder->recorder->number == number)
            call_recorder->recorder->end(outring::Stop::ASKED);
    }

    /* A recording is over: nothing has to be heard any more, unless for another one. */
    void stopHearing()
    {
        if (voice_slot != PJSUA_INVALID_ID && !voice->has_recorder())
            pjmedia_conf_disconnect_port_from_sources(pjsua_var.mconf, voice_slot);
        if (call_recorder && call_recorder->recorder->has_ended())
            call_recorder.reset();
    }

    /* Open a WebSocket for the sound of this call, in place of an earlier one; see
     * audio_stream.hpp. Its facts are kept until outring_forget_stream(). Throws pj::Error. */
    void openStream(int number, const OutringStreamSettings &settings)
    {
        auto opened = std::make_shared<outring::AudioStream>(leg, number, settings);
        outring::open_stream_socket(opened);
        stream.reset(new outring::BridgedStream(opened, outring::native().pool));
        outring::streams().set(leg, opened);
        if (is_live() && pjsua_var.calls[getId()].inv &&
            pjsua_var.calls[getId()].inv->state == PJSIP_INV_STATE_CONFIRMED) {
            opened->on_answered();
            opened->hold(!canSpeak());
        }
        connect_stream();
        connect_recorder();
    }

    void beginStream(int number, const std::vector<std::string> &names,
                     const std::vector<std::string> &values)
    {
        outring::Parameters parameters;
        for (size_t i = 0; i < names.size() && i < values.size(); ++i)
            parameters.emplace_back(names[i], values[i]);
        if (has_stream(number))
            stream->stream->begin(parameters);
    }

    void pauseStream(int number, bool is_paused)
    {
        if (has_stream(number))
            stream->stream->pause(is_paused);
    }

    /* *values* are an object of JSON. */
    void sendStreamEvent(int number, const std::string &values)
    {
        if (has_stream(number))
            stream->stream->send_event(values);
    }

    /* It ends, without a STREAM event; nothing happens if it is not this one. */
    void closeStream(int number)
    {
        if (has_stream(number))
            stream.reset();
    }

    /* Whether anything can be sent to the far end as RTP. */
    bool canSpeak() const
    {
        return slot() != PJSUA_INVALID_ID && media().dir & PJMEDIA_DIR_ENCODING;
    }

    /* Send a digit as a telephone-event; false where that was not negotiated. Only while
     * canSpeak(). Throws pj::Error. */
    bool sendEvent(const std::string &digit, unsigned on_ms) const
    {
        pjmedia_stream *stream = media().strm.a.stream;
        pjmedia_stream_info info;
        outring::check(pjmedia_stream_get_info(stream, &info), "get stream");
        if (info.tx_event_pt < 0)
            return false;
        /* That the time-stamps go on where the digit ends; those of Opus have another rate. */
        if (pj_stricmp2(&info.fmt.encoding_name, "opus"))
            pjmedia_stream_set_tx_dtmf_options(stream, on_ms, 0, info.tx_event_pt, -10, 2);
        pj_str_t digits = pj_str(const_cast<char *>(digit.c_str()));
        outring::check(pjmedia_stream_dial_dtmf2(stream, &digits, on_ms), "send digit");
        return true;
    }

    /* Send a digit by SIP INFO. Throws pj::Error. */
    void sendInfo(const std::string &digit, unsigned on_ms) const
    {
        outring::check(is_live() ? PJ_SUCCESS : PJ_EINVALIDOP, "find call");
        std::string body =
            "Signal=" + digit + "\r\nDuration=" + std::to_string(on_ms) + "\r\n";
        pj_str_t method = pj_str(const_cast<char *>("INFO"));
        pjsua_msg_data data;
        pjsua_msg_data_init(&data);
        data.content_type = pj_str(const_cast<char *>("application/dtmf-relay"));
        data.msg_body = pj_str(const_cast<char *>(body.c_str()));
        outring::check(pjsua_call_send_request(getId(), &method, &data), "send INFO");
    }

    /* Let *listener* hear this call, if it has media now. */
    void connectListener(const OutringListener &listener) const
    {
        pjsua_conf_port_id source = slot();
        if (source != PJSUA_INVALID_ID)
            pjsua_conf_connect(source, listener.slot());
    }

    /* Hear digits in the sound of the far end, if there is media now and telephone-events
     * were not negotiated; with *is_always* also if they were. Throws pj::Error. */
    void hearInbandDigits(bool is_always)
    {
        if (slot() == PJSUA_INVALID_ID)
            return;
        if (!is_always && has_events()) {
            digit_listener.reset();
            return;
        }
        if (!digit_listener) {
            std::shared_ptr<outring::PlayRecordPort> target = voice;
            digit_listener.reset(
                new OutringDigitListener(outring::make_digit_analyser([target](char digit) {
                    target->on_digit(digit, outring::DigitPath::INBAND);
                })));
        }
        be_heard_by(digit_listener->slot());
    }

    /* Ask the far end to call *to*, a URI in angle brackets. One REFERRED follows unless
     * forgetRefer() or the end of the call comes first. Throws pj::Error. */
    void refer(const std::string &to, const pj::SipTxOption &option)
    {
        pjsip_dialog *dialog = this->dialog();
        outring::check(dialog ? PJ_SUCCESS : PJ_EINVALIDOP, "find dialog");
        pjsip_dlg_inc_lock(dialog);
        pj_status_t status = outring::send_refer(dialog, to, option);
        pjsip_dlg_dec_lock(dialog);
        outring::check(status, "send REFER");
    }

    void forgetRefer()
    {
        outring::forget_refer(leg);
    }

    /* What another far end has to call in order to take this call over: our far end's
     * Contact with Replaces (RFC 3891, RFC 5589 §7.3), in angle brackets. Throws pj::Error. */
    std::string replacement() const
    {
        using namespace outring;
        const pjsip_dialog *dialog = this->dialog();
        check(dialog ? PJ_SUCCESS : PJ_EINVALIDOP, "find dialog");
        char uri[PJSIP_MAX_URL_SIZE];
        int length = pjsip_uri_print(PJSIP_URI_IN_REQ_URI, dialog->target, uri, sizeof(uri));
        check(length > 0 ? PJ_SUCCESS : PJSIP_EURITOOLONG, "print URI");
        return "<" + std::string(uri, length) + "?Require=replaces&Replaces=" +
               escaped(dialog->call_id->id) + "%3Bto-tag%3D" +
               escaped(dialog->remote.info->tag) + "%3Bfrom-tag%3D" +
               escaped(dialog->local.info->tag) + ">";
    }

    virtual void onCallMediaState(pj::OnCallMediaStateParam &)
    {
        outring::voices().set(getId(), voice);
        connect_voice();
        if (stream)
            stream->stream->hold(!canSpeak());
        connect_stream();
        connect_recorder();
        outring::push(outring::NativeEvent{outring::MEDIA, 0, leg, 0, 0, "", ""});
    }

    virtual void onCallState(pj::OnCallStateParam &prm)
    {
        pjsua_call_info info;
        if (pjsua_call_get_info(getId(), &info) != PJ_SUCCESS ||
            info.state != PJSIP_INV_STATE_DISCONNECTED)
            return;
        int cause = outring::OTHER;
        if (prm.e.type == PJSIP_EVENT_TSX_STATE) {
            switch (prm.e.body.tsxState.type) {
            case PJSIP_EVENT_RX_MSG: cause = outring::RECEIVED; break;
            case PJSIP_EVENT_TIMER: cause = outring::TIMER; break;
            case PJSIP_EVENT_TRANSPORT_ERROR: cause = outring::TRANSPORT; break;
            default: break;
            }
        } else if (prm.e.type == PJSIP_EVENT_RX_MSG) {
            cause = outring::RECEIVED;
        }
        outring::push(outring::NativeEvent{outring::STATE, 0, leg, cause, info.last_status,
                                      outring::text(info.last_status_text), ""});
        silence();
        /* The number may be another call's from now on, and the destructor of pj::Call
         * hangs up whatever has its number. */
        outring::number_of(*this) = PJSUA_INVALID_ID;
    }

private:
    /* Whether PJSIP's call of our number is this one: numbers are used again. */
    bool is_live() const
    {
        return getId() != PJSUA_INVALID_ID &&
               pjsua_call_get_user_data(getId()) == static_cast<const pj::Call *>(this);
    }

    /* Whether the far end can send telephone-events. */
    bool has_events() const
    {
        pjmedia_stream_info info;
        pjmedia_stream *stream = media().strm.a.stream;
        return stream && pjmedia_stream_get_info(stream, &info) == PJ_SUCCESS &&
               info.tx_event_pt >= 0;
    }

    pjsua_conf_port_id slot() const
    {
        return is_live() ? pjsua_call_get_conf_port(getId()) : PJSUA_INVALID_ID;
    }

    const pjsua_call_media &media() const
    {
        const pjsua_call &call = pjsua_var.calls[getId()];
        return call.media[call.audio_idx];
    }

    /* Let the port *sink* hear this call, from now on: what has come while nobody listened
     * is still in the jitter buffer, and would delay all that follows. */
    void be_heard_by(pjsua_conf_port_id sink) const
    {
        pjsua_conf_port_info info;
        if (media().dir & PJMEDIA_DIR_DECODING && /* else it is paused, and stays so */
            pjsua_conf_get_port_info(slot(), &info) == PJ_SUCCESS && !info.listener_cnt) {
            pjmedia_stream *stream = media().strm.a.stream;
            pjmedia_stream_pause(stream, PJMEDIA_DIR_DECODING);
            pjmedia_stream_resume(stream, PJMEDIA_DIR_DECODING);
        }
        pjsua_conf_connect(slot(), sink);
    }

    void need_voice()
    {
        if (voice_slot == PJSUA_INVALID_ID)
            voice_slot = outring::add_to_bridge(voice, outring::native().pool, &voice_port);
    }

    /* Connect our voice with the media that there is now. */
    void connect_voice()
    {
        if (voice_slot == PJSUA_INVALID_ID || slot() == PJSUA_INVALID_ID)
            return;
        if (canSpeak())
            pjsua_conf_connect(voice_slot, slot());
        if (voice->has_recorder())
            be_heard_by(voice_slot);
        voice->on_media();
    }

    bool has_stream(int number) const
    {
        return stream && stream->stream->number == number;
    }

    /* Connect the stream with the media that there is now. */
    void connect_stream()
    {
        if (!stream || slot() == PJSUA_INVALID_ID)
            return;
        if (canSpeak())
            pjsua_conf_connect(stream->slot(), slot());
        be_heard_by(stream->slot());
    }

    /* Have the recording of the call hear the far end, and what it is sent by us. */
    void connect_recorder()
    {
        if (!call_recorder)
            return;
        call_recorder->recorder->set_sent(slot() != PJSUA_INVALID_ID && canSpeak());
        if (voice_slot != PJSUA_INVALID_ID)
            pjsua_conf_connect(voice_slot, call_recorder->right.slot());
        if (stream)
            pjsua_conf_connect(stream->slot(), call_recorder->right.slot());
        if (slot() != PJSUA_INVALID_ID)
            be_heard_by(call_recorder->left.slot());
    }

    /* Nothing is played, recorded, streamed or heard from now on. */
    void silence()
    {
        stream.reset();
        voice->end();
        call_recorder.reset();
        if (getId() != PJSUA_INVALID_ID)
            outring::voices().unset(getId(), voice);
        digit_listener.reset();
        if (voice_slot == PJSUA_INVALID_ID)
            return;
        pjsua_conf_remove_port(voice_slot);
        pjmedia_port_destroy(voice_port); /* as soon as the bridge lets go of it, too */
        voice_slot = PJSUA_INVALID_ID;
    }

    pjsip_dialog *dialog() const
    {
        pjsip_inv_session *session = is_live() ? pjsua_var.calls[getId()].inv : NULL;
        return session ? session->dlg : NULL;
    }

    const std::shared_ptr<outring::PlayRecordPort> voice;
    pjsua_conf_port_id voice_slot = PJSUA_INVALID_ID; /* in the bridge, once it is needed */
    pjmedia_port *voice_port = NULL;
    std::unique_ptr<OutringDigitListener> digit_listener;
    std::unique_ptr<outring::BridgedStream> stream;
    std::unique_ptr<outring::CallRecorder> call_recorder;
};

#endif
