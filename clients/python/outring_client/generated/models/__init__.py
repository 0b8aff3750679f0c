"""Contains all the data models used in inputs/outputs"""

from .account_calls import AccountCalls
from .account_history import AccountHistory
from .action import Action
from .agent_body import AgentBody
from .agent_hint import AgentHint
from .agent_list import AgentList
from .agent_state import AgentState
from .agent_view import AgentView
from .alive import Alive
from .answer_body import AnswerBody
from .answer_body_headers import AnswerBodyHeaders
from .answer_body_result import AnswerBodyResult
from .answered_by import AnsweredBy
from .application_calls import ApplicationCalls
from .application_end_view import ApplicationEndView
from .application_history import ApplicationHistory
from .attempt_list import AttemptList
from .attempt_outcome import AttemptOutcome
from .attempt_view import AttemptView
from .breakdown_view import BreakdownView
from .breakdown_view_result import BreakdownViewResult
from .breaker import Breaker
from .call_progress_body import CallProgressBody
from .call_recording_status import CallRecordingStatus
from .caller_id_choice import CallerIdChoice
from .campaign_body import CampaignBody
from .campaign_body_hints_type_0 import CampaignBodyHintsType0
from .campaign_change import CampaignChange
from .campaign_change_hints_type_0 import CampaignChangeHintsType0
from .campaign_list import CampaignList
from .campaign_progress import CampaignProgress
from .campaign_progress_ends import CampaignProgressEnds
from .campaign_progress_outcomes import CampaignProgressOutcomes
from .campaign_report import CampaignReport
from .campaign_state import CampaignState
from .campaign_view import CampaignView
from .campaign_view_policy import CampaignViewPolicy
from .cancel_body import CancelBody
from .cancel_body_live import CancelBodyLive
from .cause_body import CauseBody
from .cause_view import CauseView
from .contact_attempt import ContactAttempt
from .contact_detail import ContactDetail
from .contact_end import ContactEnd
from .contact_list import ContactList
from .contact_state import ContactState
from .contact_view import ContactView
from .contact_view_parameters_type_0 import ContactViewParametersType0
from .contact_why import ContactWhy
from .detail_view import DetailView
from .detail_view_result import DetailViewResult
from .digits_body import DigitsBody
from .disposition import Disposition
from .early_media_hint import EarlyMediaHint
from .end_requester import EndRequester
from .ending_view import EndingView
from .ending_view_namelist_type_0 import EndingViewNamelistType0
from .event_list import EventList
from .event_view import EventView
from .event_view_data import EventViewData
from .event_view_type import EventViewType
from .field_mistake import FieldMistake
from .findings_view import FindingsView
from .found_body import FoundBody
from .found_view import FoundView
from .gap import Gap
from .get_calls_response_200 import GetCallsResponse200
from .get_campaign_report_format import GetCampaignReportFormat
from .get_contacts_end import GetContactsEnd
from .get_contacts_state import GetContactsState
from .get_event_others import GetEventOthers
from .get_events_type_item import GetEventsTypeItem
from .get_outbound_action import GetOutboundAction
from .get_outbound_others import GetOutboundOthers
from .get_recordings_state import GetRecordingsState
from .hang_up_by import HangUpBy
from .header_value import HeaderValue
from .hints import Hints
from .hints_record_type_0 import HintsRecordType0
from .hints_stream_parameters_type_0 import HintsStreamParametersType0
from .history_view import HistoryView
from .how_ended import HowEnded
from .import_result import ImportResult
from .import_stopped import ImportStopped
from .licence_view import LicenceView
from .links_body import LinksBody
from .measured_from import MeasuredFrom
from .message_view import MessageView
from .message_view_direction import MessageViewDirection
from .mistakes import Mistakes
from .moment_view import MomentView
from .moment_view_commands_item import MomentViewCommandsItem
from .moment_view_event_type_0 import MomentViewEventType0
from .node_view import NodeView
from .opt_out import OptOut
from .order_taken import OrderTaken
from .origin import Origin
from .pace import Pace
from .pace_mode import PaceMode
from .pause_body import PauseBody
from .play_body import PlayBody
from .post_contacts_format import PostContactsFormat
from .post_event_data_body import PostEventDataBody
from .preview_view import PreviewView
from .preview_view_never import PreviewViewNever
from .problem import Problem
from .progress_hint import ProgressHint
from .progress_hint_thresholdmode import ProgressHintThresholdmode
from .progress_type import ProgressType
from .ready import Ready
from .record_view import RecordView
from .record_view_headers import RecordViewHeaders
from .record_view_state import RecordViewState
from .record_view_type import RecordViewType
from .recording_kind import RecordingKind
from .recording_list import RecordingList
from .recording_order import RecordingOrder
from .recording_order_body import RecordingOrderBody
from .recording_state import RecordingState
from .recording_view import RecordingView
from .refused_line import RefusedLine
from .report_day import ReportDay
from .report_day_outcomes import ReportDayOutcomes
from .request_body import RequestBody
from .request_body_app_data_type_1 import RequestBodyAppDataType1
from .request_body_headers_type_0 import RequestBodyHeadersType0
from .retries import Retries
from .retries_after import RetriesAfter
from .rule import Rule
from .say_hint import SayHint
from .send_body import SendBody
from .send_body_parameters_type_0 import SendBodyParametersType0
from .sip_body import SipBody
from .sip_view import SipView
from .stream_end import StreamEnd
from .stream_view import StreamView
from .summary_view import SummaryView
from .summary_view_result import SummaryViewResult
from .suppression_body import SuppressionBody
from .suppression_check import SuppressionCheck
from .suppression_counts import SuppressionCounts
from .suppression_counts_lists import SuppressionCountsLists
from .suppression_import import SuppressionImport
from .suppression_page import SuppressionPage
from .suppression_view import SuppressionView
from .taken import Taken
from .taken_result import TakenResult
from .times_view import TimesView
from .timings_body import TimingsBody
from .timings_view import TimingsView
from .tone_body import ToneBody
from .tone_type import ToneType
from .tone_verdict import ToneVerdict
from .trace_view import TraceView
from .traces_view import TracesView
from .transfer_body import TransferBody
from .transition_view import TransitionView
from .validate_contacts_format import ValidateContactsFormat
from .validation import Validation
from .verdict_view import VerdictView
from .voicemail_cue import VoicemailCue
from .voicemail_hint import VoicemailHint
from .voicemail_hint_on_machine import VoicemailHintOnMachine
from .voicemail_outcome import VoicemailOutcome
from .voicemail_result import VoicemailResult
from .window import Window
from .window_days_item import WindowDaysItem

__all__ = (
    "AccountCalls",
    "AccountHistory",
    "Action",
    "AgentBody",
    "AgentHint",
    "AgentList",
    "AgentState",
    "AgentView",
    "Alive",
    "AnswerBody",
    "AnswerBodyHeaders",
    "AnswerBodyResult",
    "AnsweredBy",
    "ApplicationCalls",
    "ApplicationEndView",
    "ApplicationHistory",
    "AttemptList",
    "AttemptOutcome",
    "AttemptView",
    "BreakdownView",
    "BreakdownViewResult",
    "Breaker",
    "CallProgressBody",
    "CallRecordingStatus",
    "CallerIdChoice",
    "CampaignBody",
    "CampaignBodyHintsType0",
    "CampaignChange",
    "CampaignChangeHintsType0",
    "CampaignList",
    "CampaignProgress",
    "CampaignProgressEnds",
    "CampaignProgressOutcomes",
    "CampaignReport",
    "CampaignState",
    "CampaignView",
    "CampaignViewPolicy",
    "CancelBody",
    "CancelBodyLive",
    "CauseBody",
    "CauseView",
    "ContactAttempt",
    "ContactDetail",
    "ContactEnd",
    "ContactList",
    "ContactState",
    "ContactView",
    "ContactViewParametersType0",
    "ContactWhy",
    "DetailView",
    "DetailViewResult",
    "DigitsBody",
    "Disposition",
    "EarlyMediaHint",
    "EndRequester",
    "EndingView",
    "EndingViewNamelistType0",
    "EventList",
    "EventView",
    "EventViewData",
    "EventViewType",
    "FieldMistake",
    "FindingsView",
    "FoundBody",
    "FoundView",
    "Gap",
    "GetCallsResponse200",
    "GetCampaignReportFormat",
    "GetContactsEnd",
    "GetContactsState",
    "GetEventOthers",
    "GetEventsTypeItem",
    "GetOutboundAction",
    "GetOutboundOthers",
    "GetRecordingsState",
    "HangUpBy",
    "HeaderValue",
    "Hints",
    "HintsRecordType0",
    "HintsStreamParametersType0",
    "HistoryView",
    "HowEnded",
    "ImportResult",
    "ImportStopped",
    "LicenceView",
    "LinksBody",
    "MeasuredFrom",
    "MessageView",
    "MessageViewDirection",
    "Mistakes",
    "MomentView",
    "MomentViewCommandsItem",
    "MomentViewEventType0",
    "NodeView",
    "OptOut",
    "OrderTaken",
    "Origin",
    "Pace",
    "PaceMode",
    "PauseBody",
    "PlayBody",
    "PostContactsFormat",
    "PostEventDataBody",
    "PreviewView",
    "PreviewViewNever",
    "Problem",
    "ProgressHint",
    "ProgressHintThresholdmode",
    "ProgressType",
    "Ready",
    "RecordView",
    "RecordViewHeaders",
    "RecordViewState",
    "RecordViewType",
    "RecordingKind",
    "RecordingList",
    "RecordingOrder",
    "RecordingOrderBody",
    "RecordingState",
    "RecordingView",
    "RefusedLine",
    "ReportDay",
    "ReportDayOutcomes",
    "RequestBody",
    "RequestBodyAppDataType1",
    "RequestBodyHeadersType0",
    "Retries",
    "RetriesAfter",
    "Rule",
    "SayHint",
    "SendBody",
    "SendBodyParametersType0",
    "SipBody",
    "SipView",
    "StreamEnd",
    "StreamView",
    "SummaryView",
    "SummaryViewResult",
    "SuppressionBody",
    "SuppressionCheck",
    "SuppressionCounts",
    "SuppressionCountsLists",
    "SuppressionImport",
    "SuppressionPage",
    "SuppressionView",
    "Taken",
    "TakenResult",
    "TimesView",
    "TimingsBody",
    "TimingsView",
    "ToneBody",
    "ToneType",
    "ToneVerdict",
    "TraceView",
    "TracesView",
    "TransferBody",
    "TransitionView",
    "ValidateContactsFormat",
    "Validation",
    "VerdictView",
    "VoicemailCue",
    "VoicemailHint",
    "VoicemailHintOnMachine",
    "VoicemailOutcome",
    "VoicemailResult",
    "Window",
    "WindowDaysItem",
)
