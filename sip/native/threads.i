%include "wrapped.i"

/* Put before pjsua2's own SWIG interface: which of its functions let other Python threads
 * run meanwhile. Only those that take their time, or that may have to wait for a lock of
 * the media's threads: one that lets go has to wait until it gets the interpreter back,
 * for milliseconds while another one is busy, and a call takes dozens of small steps. */
%nothread;
%thread pj::Endpoint::libCreate;
%thread pj::Endpoint::libInit;
%thread pj::Endpoint::libStart;
%thread pj::Endpoint::libDestroy;
%thread pj::Endpoint::transportCreate;
%thread pj::Account::create;
%thread pj::Account::shutdown2;
%thread pj::Account::~Account;
%thread OutringCall::connectTo;
%thread OutringCall::disconnectFrom;
%thread OutringCall::connectListener;
%thread OutringCall::hearInbandDigits;
%thread OutringCall::play;
%thread OutringCall::record;
%thread OutringCall::recordCall;
%thread OutringCall::stopHearing;
%thread OutringCall::openStream;
%thread OutringCall::closeStream;
%thread OutringCall::sendInfo;
%thread OutringCall::refer;
%thread OutringCall::forgetRefer;
%thread OutringCallProgress::OutringCallProgress;
%thread OutringCallProgress::~OutringCallProgress;
%thread OutringToneListener::OutringToneListener;
%thread OutringToneListener::~OutringToneListener;
%thread outring_send_and_poll;
%thread outring_start;
%thread outring_stop;
%thread outring_ping;
%thread outring_cancel_ping;
%thread outring_resolved;

