from typing import Literal

GetCampaignReportFormat = Literal["csv", "json"]

GET_CAMPAIGN_REPORT_FORMAT_VALUES: set[GetCampaignReportFormat] = {
    "csv",
    "json",
}


def check_get_campaign_report_format(value: str) -> GetCampaignReportFormat:
    if value in GET_CAMPAIGN_REPORT_FORMAT_VALUES:
        return value
    raise TypeError(
        f"Unexpected value {value!r}. Expected one of {GET_CAMPAIGN_REPORT_FORMAT_VALUES!r}"
    )
