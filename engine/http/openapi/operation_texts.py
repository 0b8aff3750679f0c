"""What each operation does and what its caller has to know, by its operationId.

Those of the admin API that are alike for every kind of object are made of the kind.
"""

from engine.platform.objects import KINDS, ObjectKind

_TEXTS = {
    "getOutbound": "The same as by POST, for clients that have nothing but a URL. `headers:<name>` sets a SIP header, "
    "`hints:<name>` a hint, and every parameter of another name is data for the application.",
    "postOutbound": "Places a call (`makeCall`) or starts the application's document, which places calls itself "
    "(`startApplication`). The answer comes once the outcome is known, or after `timeout` milliseconds. Decide by "
    "`result`. After `Request timeout` the call may still be alive: look it up, and do not dial again. With an "
    "`Idempotency-Key` a repeated request gets the first answer and dials nobody. With `Prefer: respond-async`, or "
    '`"async": true`, the answer comes as soon as the request is admitted, and has links to the look-up and to the '
    "events.",
    "getCalls": "The calls that live of the key's application, or with the admin token of the platform. By the key "
    "of its request a call is found of which the client never got the UUID.",
    "getCall": "All that is known of one call, application or refused request, as long as its record is kept; with "
    "the ladder of its SIP messages. It may be asked for while the call lasts.",
    "deleteCall": "Sends CANCEL or BYE, whatever state the call is in, or asks the application to end. It is asked "
    "for, and done a moment later; asking again does no harm.",
    "getTwilioCall": "For clients of audio streams that know the call by what `start` has told them. The AccountSid is AC "
    "and the first half of the SHA-256 of the account's id, the CallSid is CA and the UUID of the call's record.",
    "postTwilioCall": "As `DELETE` of the call does. `Status` may be `completed` or `canceled`; nothing else of a call can be "
    "set. The answer shows the call as it was.",
    "getCallEvents": "With `Accept: text/event-stream` they come as they happen, until all calls and applications of "
    "the request have ended. `seq` has no holes and does not turn back; there is one `call.ended` for each call, once its "
    "record is stored.",
    "getEvents": "Of the application of the key, or of all with the admin token. A stream begins now, a list with the oldest, "
    "unless `since`, `after` or `Last-Event-ID` says where; it goes on until the client closes it.",
    "putCallRecording": "Both sides of the call, each as a channel, if the `record` of its application is not `never`. "
    "What is so already is left so, and answered alike. While it is paused, silence is recorded. After `stopped` "
    "another recording may begin.",
    "postPlay": "While the stream of a call of type `STREAM` runs. Sounds play one after another, 16 may wait. With `over` "
    "false the stream is held back meanwhile, and goes on where it was; the server hears the far end all the time. The "
    "answer comes once the sound is loaded.",
    "deletePlay": "While the stream of a call of type `STREAM` runs. A sound that is being loaded is not stopped. The stream "
    "goes on where it was held back; nothing happens if no sound plays.",
    "postDigits": "While the stream of a call of type `STREAM` runs: as telephone-events, 100 ms each, behind those that are "
    "being sent.",
    "postTransfer": "While the stream of a call of type `STREAM` runs: by REFER. `call.transfer.ended` tells what became of "
    "it. Once the far end has reached `to`, the call is hung up; otherwise the stream goes on.",
    "getRecordings": "Of the application of the key, or of all with the admin token. One page at a time: `before` is "
    "the `id` of the last one that was seen. Filters are combined by and.",
    "getRecording": "Where its file is, how long it is kept, and how its upload stands.",
    "deleteRecording": "The file and what was uploaded of it go as soon as they can, also if the store is away now; its "
    "row is kept as long as records are.",
    "getRecordingAudio": "WAV, PCM of 16 bits, 8 kHz; of a whole call stereo, left what the far end said, right what it was "
    "sent. Ranges are given (RFC 9110 §14). What was uploaded comes from any process; a file, from its node.",
    "postRecordingUpload": "From its first try on, as if it had just been recorded.",
    "getTrace": "The last 100 steps of each session: the event, the transition that was chosen, and what the "
    "document asked for.",
    "getEvent": "The same as by POST. Every parameter of another name is a member of the event.",
    "postEvent": "Tells a document that runs of an event. The session's id is the only credential; the members of "
    "`parameters` are those of `event$`.",
    "getStatus": "As the reference platform tells it. No key is needed.",
    "postStatus": "The same as by GET.",
    "getStatusV2": "By account, application and node, with the calls made so far. No key is needed.",
    "postStatusV2": "The same as by GET.",
    "getStatusV2Detail": "With high-water marks of hour, day and week, and averages, which the process that is asked "
    "has seen since its start.",
    "postStatusV2Detail": "The same as by GET.",
    "getHealthz": "For a supervisor that starts a process again if it hangs. It says nothing of the others.",
    "getReadyz": "For a load balancer: 200 while a call could be admitted. `down` names what has crashed.",
    "getMetrics": "Of this process, in the text format of Prometheus; ask all of them and add up.",
    "apply": "Adds, changes and, with `prune`, removes objects until they are those of the body. It can be repeated "
    "with the same result, and changes nothing of what is paused.",
    "getRecords": "One page at a time: `before` is `callIndexFull` of the last record that was seen. Filters are "
    "combined by and.",
    "getRecordChanges": "For whoever follows records: ask without `after` for the position of now, then again and again "
    "with the position of the last answer.",
    "countRecords": "By the same filters as records are listed.",
    "getLive": "What the live page shows. The stream goes on until the client closes it, or ends after `states`.",
    "hangUpAll": "The emergency stop: CANCEL or BYE for each of these calls, and their sessions end without being "
    "asked. New calls are taken at once, so pause first what must not call again.",
    "getNodes": "Those that live, each with the calls that it carries and may carry.",
    "drainNode": "As SIGTERM does. Calls that live may last for `call.drain_ms`.",
    "getProxyStatus": "State, calls, and the answers and delays of the last hour, as the whole platform sees them.",
    "getWebhook": "As it is stored, with `paused` while nothing is delivered to it. `secrets` are never shown again.",
    "postWebhook": "Gets the events that are committed from now on. Without `secrets` one is made, which this answer alone "
    "shows. References to what does not exist are `warnings`.",
    "patchWebhook": "Only the members of the body change, within a second or two; null sets one back to its default. "
    "While one secret is replaced, name both.",
    "deleteWebhook": "Nothing more is delivered, and what it has not taken is forgotten.",
    "pauseWebhook": "Nothing is delivered; events wait for as long as the log keeps them. It ends by `resume` alone. The "
    "platform pauses a webhook by itself whose receiver answers 410.",
    "resumeWebhook": "What has waited is delivered first.",
    "getDeliveries": "Those that are tried again, with the answer to the last try, and those that were given up. What was "
    "taken at the first try is not listed.",
    "replayDeliveries": "With `since` all events from that time on are delivered again, in their order, and those that "
    "follow come behind. Without it those are tried again that were given up.",
    "rotateWebhookSecret": "Deliveries are signed by both, and either verifies them, until the older one is removed by "
    "DELETE. The answer alone ever shows it.",
    "endWebhookRotation": "The older of two secrets verifies nothing any more. With one alone nothing changes.",
    "testWebhook": "A signed `call.ended` of a call that never was, whose id begins with `sample-`. It is posted once, by "
    "the process that is asked, even while the webhook is paused.",
    "listCampaigns": "Of the application of the key, or all with the admin token. `estimated_end` is a guess: as if it "
    "went on as in the last five minutes, hours not thought of.",
    "putCampaign": "The same body again changes nothing. A campaign that is not running becomes what the body says; while it "
    "runs only `PATCH` changes it. It is a draft until it has contacts.",
    "updateCampaign": "Pace, hours, retries and all else, whatever its state, within a second or two; null sets a member back "
    "to its default. A table as `pace` is replaced as a whole.",
    "showCampaign": "Counts are exact with every commit. `abandoned_share` is of the days that its pace names.",
    "removeCampaign": "Its contacts are forgotten; attempts stay for as long as records are kept. Calls that live go on.",
    "startCampaign": "Within a second, in the hours of each contact. What runs already is left so.",
    "pauseCampaign": "No INVITE is sent a second later; calls that live go on. `start` goes on with it.",
    "cancelCampaign": "Contacts that wait are done as `cancelled`. Calls that live go on, or are hung up.",
    "postContacts": "However many, read as a stream: 1,000 lines are stored together, wrong ones are refused by themselves. "
    "The same key again changes a contact that was not called yet. An import that broke off is sent again, from `next_line` "
    "if that is known.",
    "getContacts": "By their keys, one page at a time. Filters are combined by and.",
    "validateContacts": "Nothing is stored. Suppressions are not looked up, and `last_at` supposes that the pace has agents "
    "enough.",
    "getContact": "How it stands, and each attempt with the application UUID of its call.",
    "getContactWhy": "The rules by which the dialer goes, computed now, each with the time when it will say something else. "
    "Nothing is called.",
    "getAttempts": "Also those without an end. `next` leads on; at the end it stays, so that attempts can be followed.",
    "getCampaignReport": "Days are those of UTC, on which the attempts ended. As CSV for a spreadsheet.",
    "getAgents": "An agent whose lease has run out is none.",
    "putAgent": "Again and again, before the lease runs out. One that has a call stays `busy` with it.",
    "deleteAgent": "As if its lease had run out.",
    "getSuppressionLists": "Of the campaigns of the key's application, or all with the admin token. A list is there once it "
    "has a number.",
    "checkSuppression": "`suppressed` is false where all entries have run out.",
    "getSuppressions": "By their numbers, one page at a time, also those that have run out.",
    "postSuppressions": "1,000 lines are stored together. A number that stands there already gets the new entry.",
    "putSuppression": "Whatever is reserved after the answer obeys it. An API key may do so for lists that a campaign of "
    "its application names.",
    "getSuppression": "Also one that has run out.",
    "deleteSuppression": "Campaigns may call it again.",
    "getLicence": "How many calls the platform may carry at once.",
    "patchLicence": "Counts from the next request on. Null takes the limit away.",
    "getOpenapi": "In OpenAPI 3.1, with every field, answer and example.",
    "getAsyncapi": "In AsyncAPI 3.0: a message for each type of event, with all that it may tell.",
    "getDocs": "Swagger UI, to read the description and to try it out. It asks no other host.",
    "getDocsFile": "A style sheet, a script or an icon.",
    "getPage": "For a browser; it asks for the admin token and shows what `getLive` tells.",
    "getPageFile": "A style sheet, a script or an icon.",
}


def describe_operation(name: str) -> str:
    """Return the text for the operation whose operationId is *name*."""
    return _TEXTS.get(name) or _describe_of_kind(name)


def operation_name(words: str) -> str:
    """Return *words*, those of a kind of object, as they stand in an operationId."""
    return "".join(word.title() for word in words.replace("-", " ").split())


def name_many(kind: ObjectKind) -> str:
    """Return what people call all objects of *kind*."""
    return kind.plural.replace("-", " ")


def _describe_of_kind(name: str) -> str:
    for kind in KINDS.values():
        if name == f"get{operation_name(kind.plural)}" and kind.identity:
            return f"All of them. {kind.model.__doc__}".replace("``", "`")
        verb = name.removesuffix(operation_name(kind.noun))
        if verb in _OF_KINDS:
            return f"{_OF_KINDS[verb]}{_add_secret(kind, verb)}"
    raise KeyError(name)


_ARE = {"secrets": "are", "auth_token": "is"}


def _add_secret(kind: ObjectKind, verb: str) -> str:
    if kind.secret is None or verb not in ("post", "get"):
        return ""
    if not kind.secret.is_hashed:
        return f" `{kind.secret.given}` {_ARE[kind.secret.given]} never shown again."
    return f" `{kind.secret.given}` is kept as a hash, and never shown again."


_OF_KINDS = {
    "get": "As it is stored, with `paused` while it takes no new calls.",
    "post": "Counts from the next request on. References to what does not exist are `warnings`.",
    "patch": "Only the members of the body change, from the next request on; null sets one back to its default.",
    "delete": "Refused while others refer to it, unless `force` is given. Calls that live go on.",
    "pause": "New calls are refused with the documented result and the reason; those that live go on. It ends by "
    "`resume` alone, survives restarts, and is no part of what is provisioned.",
    "drain": "New calls pass it over; those that live go on. It ends by `resume` alone, survives restarts, and is no "
    "part of what is provisioned.",
    "resume": "Takes `pause` or `drain` back.",
}
