/* Appended to pjsua2's own SWIG interface; see outring.hpp. */
%{
#include "outring.hpp"
%}

%nothread outring_drain;

class OutringCall : public pj::Call
{
public:
    OutringCall(pj::Account &account, const std::string &leg);
    virtual ~OutringCall();
};

void outring_quiet();
void outring_start() throw(pj::Error);
void outring_stop();
int outring_wake_fd();
void outring_resolved(int number, const std::vector<std::string> &addresses);
PyObject *outring_drain();
unsigned long outring_dropped();
int outring_max_calls();
