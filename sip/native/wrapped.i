/* What of pjsua2 Python gets; sip/stubs/pjsua2.pyi has the types of it. Whatever is wrapped takes
 * memory in each process, and pjsua2 has three times as much. A callback that is not wrapped is
 * one that PJSIP does not tell Python of. */

%define WRAP_CLASSES(NAMES)
%rename("$ignore", %$isclass, regextarget=1, fullname=1) "^pj::(?!(" NAMES ")$)";
%enddef

%define WRAP_MEMBERS(CLASS, NAMES)
%rename("$ignore", regextarget=1, fullname=1) "^pj::" #CLASS "::(?!(~?" #CLASS "|" NAMES ")$)";
%enddef

%define WRAP_CONSTANTS(NAMES)
%rename("$ignore", %$isenumitem, regextarget=1) "^(?!(" NAMES ")$)";
%enddef

WRAP_CLASSES(
    "Account|AccountCallConfig|AccountConfig|AccountMediaConfig|AccountNatConfig|"
    "AccountRegConfig|AccountShutdownParam|AccountSipConfig|AudDevManager|AudioMedia|"
    "AudioMediaPlayer|AuthCredInfo|Call|CallInfo|CallOpParam|CallSendDtmfParam|CallSetting|"
    "CodecInfo|Endpoint|EpConfig|Error|LogConfig|Media|MediaConfig|OnCallMediaStateParam|"
    "OnCallReplaceRequestParam|OnCallStateParam|OnCallTransferRequestParam|OnDtmfDigitParam|"
    "OnIncomingCallParam|SipHeader|SipTxOption|TlsConfig|TransportConfig|TransportInfo|UaConfig")

WRAP_MEMBERS(Endpoint,
    "libCreate|libInit|libStart|libDestroy|libHandleEvents|transportCreate|transportGetInfo|"
    "audDevManager|codecEnum2|codecSetPriority")
WRAP_MEMBERS(AudDevManager, "setNullDev|getPlaybackDevMedia")
WRAP_MEMBERS(AudioMedia, "startTransmit|getTxLevel")
WRAP_MEMBERS(Account, "create|shutdown2|onIncomingCall")
WRAP_MEMBERS(Call,
    "getInfo|answer|hangup|getAudioMedia|sendDtmf|onCallState|onCallMediaState|onDtmfDigit|"
    "onCallTransferRequest|onCallReplaceRequest")

WRAP_CONSTANTS(
    "PJSIP_TRANSPORT_(UDP|TCP|TLS)6?|PJSUA_DESTROY_NO_NETWORK|"
    "PJSIP_INV_STATE_(CONFIRMED|DISCONNECTED)|PJMEDIA_FILE_NO_LOOP|"
    "PJMEDIA_SRTP_(OPTIONAL|MANDATORY)|PJSUA_IPV6_DISABLED|PJSUA_IPV6_ENABLED_USE_IPV6_ONLY")

/* The vectors of what is not wrapped. */
%ignore std::vector<unsigned char>;
%ignore std::map<string, string>;
%ignore std::vector<pj::SockOpt>;
%ignore std::vector<pj::SrtpCrypto>;
%ignore std::vector<pj::SipMultipartPart>;
%ignore std::vector<pj::Buddy*>;
%ignore std::vector<pj::Buddy>;
%ignore std::vector<pj::AudioMedia*>;
%ignore std::vector<pj::AudioMedia>;
%ignore std::vector<pj::VideoMedia>;
%ignore std::vector<pj::ToneDesc>;
%ignore std::vector<pj::ToneDigit>;
%ignore std::vector<pj::ToneDigitMapDigit>;
%ignore std::vector<pj::AudioDevInfo*>;
%ignore std::vector<pj::AudioDevInfo>;
%ignore std::vector<pj::CodecInfo*>;
%ignore std::vector<pj::VideoDevInfo*>;
%ignore std::vector<pj::VideoDevInfo>;
%ignore std::vector<pj::CodecFmtp>;
%ignore std::vector<pj::MediaFormatAudio>;
%ignore std::vector<pj::MediaFormatVideo>;
%ignore std::vector<pj::CallMediaInfo>;
%ignore std::vector<pj::RtcpFbCap>;
%ignore std::vector<pj::SslCertName>;
