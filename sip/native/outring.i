/* Appended to pjsua2's own SWIG interface; see outring.hpp. */
%{
#include "outring.hpp"
#include "poll.hpp"
#include "tls_identity.hpp"
%}

class OutringListener
{
public:
    ~OutringListener();

private:
    OutringListener();
};

class OutringCallProgress : public OutringListener
{
public:
    OutringCallProgress(const std::string &leg, int mode, double threshold, double modulation)
        throw(pj::Error);
    ~OutringCallProgress();
};

class OutringToneListener : public OutringListener
{
public:
    explicit OutringToneListener(const std::string &leg) throw(pj::Error);
    ~OutringToneListener();
};

class OutringSounds
{
public:
    void addClip(const std::string &path);
    void addTone(unsigned frequency, unsigned another, unsigned on_ms, unsigned off_ms,
                 unsigned count);
    void addSilence(unsigned milliseconds);
};

class OutringStreamSettings
{
public:
    std::string host;
    unsigned port;
    std::string path;
    bool is_tls;
    std::string tls_ca;
    std::string account_sid;
    std::string call_sid;
    unsigned rate;
    bool is_binary;
    unsigned keep_ms;
    bool resumes;
    unsigned max_reconnects;
    unsigned silent_limit_ms;
    unsigned unread_limit_ms;
    void addAddress(const std::string &address);
    void addHeader(const std::string &name, const std::string &value);
};

class OutringCall : public pj::Call
{
public:
    OutringCall(pj::Account &account, const std::string &leg);
    virtual ~OutringCall();
    void addHeader(const std::string &method, const std::string &name,
                   const std::string &value);
    void connectTo(const OutringCall &listener) const;
    void disconnectFrom(const OutringCall &listener) const;
    void connectListener(const OutringListener &listener) const;
    void hearInbandDigits(bool is_always) throw(pj::Error);
    void play(int number, const OutringSounds &sounds, const std::string &stops_on)
        throw(pj::Error);
    void record(int number, const std::string &path, bool is_of_both, unsigned max_ms,
                unsigned start_ms, unsigned silence_ms, const std::string &stops_on,
                const OutringSounds &beep) throw(pj::Error);
    void recordCall(int number, const std::string &path, unsigned max_ms) throw(pj::Error);
    void pauseRecording(int number, bool is_to_pause);
    void stop(int number);
    void stopHearing();
    void openStream(int number, const OutringStreamSettings &settings) throw(pj::Error);
    void beginStream(int number, const std::vector<std::string> &names,
                     const std::vector<std::string> &values);
    void pauseStream(int number, bool is_paused);
    void sendStreamEvent(int number, const std::string &values);
    void closeStream(int number);
    bool canSpeak() const;
    bool sendEvent(const std::string &digit, unsigned on_ms) const throw(pj::Error);
    void sendInfo(const std::string &digit, unsigned on_ms) const throw(pj::Error);
    void refer(const std::string &to, const pj::SipTxOption &option) throw(pj::Error);
    void forgetRefer();
    void refresh() const;
    std::string replacement() const throw(pj::Error);
};

class OutringInvites
{
public:
    void add(OutringCall &call, const std::string &uri, const pj::CallOpParam &parameters,
             const std::vector<std::string> &addresses, int tries);
    int failed() const;
    std::string failure(int number) const;
};

void outring_send_and_poll(OutringInvites &invites, unsigned wait_ms, unsigned turn_ms);
void outring_prepare();
void outring_start() throw(pj::Error);
void outring_stop();
void outring_verify_with_wildcards();
int outring_wake_fd();
void outring_resolved(int number, const std::vector<std::string> &addresses);
void outring_ping(int number, int transport_id, const std::string &target,
                  const std::string &from, const pj::SipTxOption &option,
                  const std::vector<std::string> &addresses);
void outring_cancel_ping(int number);
PyObject *outring_drain();
PyObject *outring_repair(PyObject *message, bool is_datagram);
unsigned long outring_malformed(int outcome);
size_t outring_count_unframed(const std::string &data);
PyObject *outring_sound_intervals(PyObject *samples, int mode, double threshold, double modulation);
PyObject *outring_tone_intervals(PyObject *samples);
std::string outring_inband_digits(PyObject *samples);
PyObject *outring_resample(PyObject *samples, unsigned rate, unsigned new_rate) throw(pj::Error);
std::string outring_new_digits(const std::string &digits, const std::string &paths,
                               const std::vector<int> &times_ms);
std::vector<std::string> outring_read_sdp(const std::string &text,
                                          const std::vector<std::string> &codecs, int family,
                                          bool is_offer);
std::string outring_info_digit(const std::string &body);
void outring_find_silent(double limit_s);
PyObject *outring_ladder(const std::string &call_id);
unsigned long outring_ladders();
void outring_export(int fd, unsigned agent, const std::string &key);
unsigned long outring_exported();
unsigned long outring_not_exported();
PyObject *outring_stream_facts(const std::string &leg);
void outring_forget_stream(const std::string &leg);
PyObject *outring_play_ticks(PyObject *pushes);
unsigned long outring_dropped();
unsigned outring_ports();
PyObject *outring_request_policy();
PyObject *outring_refused_requests();
unsigned outring_dialogs();
unsigned outring_transactions();
int outring_max_calls();
