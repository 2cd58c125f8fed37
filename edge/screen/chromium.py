"""How Chromium is told to show one page and nothing else: its command line and its managed policies. Pure."""

import base64
import json
from collections.abc import Mapping, Sequence

from edge.screen.config import ScreenConfig

POLICY_FILE = "moiso.json"

# What a page of ours never needs, and what would show something beside it.
NEVER = (
    "Translate",
    "MediaRouter",
    "GlobalMediaControls",
    "TouchTextEditingRedesign",
    "SpareRendererForSitePerProcess",
    "AutofillServerCommunication",
)
FLAGS = (
    "--kiosk",
    "--no-first-run",
    "--no-default-browser-check",
    "--noerrdialogs",
    "--disable-session-crashed-bubble",
    "--hide-crash-restore-bubble",
    "--disable-hang-monitor",  # its dialog; a page that hangs is noticed by its silence
    "--disable-pinch",
    "--overscroll-history-navigation=0",
    "--touch-events=enabled",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-background-networking",
    "--disable-sync",
    "--password-store=basic",
    "--autoplay-policy=no-user-gesture-required",
    "--disk-cache-size=33554432",  # the profile lies in the memory
    "--log-level=3",  # of D-Bus, which it does not find, it would say much
)


def command(config: ScreenConfig) -> list[str]:
    """The browser's command line. Source: chromium(1), and Chromium's list of switches; see ADR 27."""
    return [
        config.chromium,
        *FLAGS,
        f"--disable-features={','.join(NEVER)}",
        *([] if config.compositor == "none" else ["--ozone-platform=wayland"]),
        f"--force-device-scale-factor={config.scale:g}",
        f"--user-data-dir={config.profile}/data",
        *config.extra_flags,
        f"--app={config.address}",
    ]


def policies(origin: str, authority: bytes | None = None) -> Mapping[str, object]:
    """The managed policies under which only the pages of ``origin`` are shown, and nothing is kept or asked.

    ``authority`` is the certificate (DER) of the authority that the page's own certificate comes from.
    Source: chromeenterprise.google/policies, each name tried in Chromium 156.
    """
    trusted = {"CACertificates": [base64.b64encode(authority).decode()]} if authority else {}
    return {
        # A star alone does not mean the browser's own pages since Chromium 147.
        "URLBlocklist": ["*", "chrome://*", "chrome-untrusted://*", "devtools://*", "view-source:*", "file://*"],
        "URLAllowlist": [origin],
        **trusted,
        # No way into the browser.
        "DeveloperToolsAvailability": 2,
        "RemoteDebuggingAllowed": False,
        "TaskManagerEndProcessEnabled": False,
        "ExtensionInstallBlocklist": ["*"],
        "IncognitoModeAvailability": 1,
        "BrowserGuestModeEnabled": False,
        "BrowserAddPersonEnabled": False,
        "EditBookmarksEnabled": False,
        "BookmarkBarEnabled": False,
        "AllowFileSelectionDialogs": False,
        "DownloadRestrictions": 3,
        "PrintingEnabled": False,
        "DisableScreenshots": True,
        "DefaultPopupsSetting": 2,
        "DefaultSearchProviderEnabled": False,
        # Nothing is kept of a person.
        "AutofillAddressEnabled": False,
        "AutofillCreditCardEnabled": False,
        "PasswordManagerEnabled": False,
        "SavingBrowserHistoryDisabled": True,
        "AllowDeletingBrowserHistory": False,
        "SyncDisabled": True,
        "BrowserSignin": 0,
        # Nothing is asked, offered or played but by the page.
        "TranslateEnabled": False,
        "SpellcheckEnabled": False,
        "DefaultNotificationsSetting": 2,
        "DefaultGeolocationSetting": 2,
        "DefaultSensorsSetting": 2,
        "DefaultClipboardSetting": 2,
        "DefaultWebUsbGuardSetting": 2,
        "DefaultSerialGuardSetting": 2,
        "DefaultWebBluetoothGuardSetting": 2,
        "DefaultWebHidGuardSetting": 2,
        "DefaultFileSystemReadGuardSetting": 2,
        "DefaultFileSystemWriteGuardSetting": 2,
        "DefaultLocalFontsSetting": 2,
        "DefaultWindowManagementSetting": 2,
        "AudioCaptureAllowed": False,
        "VideoCaptureAllowed": False,
        "ScreenCaptureAllowed": False,
        "AutoplayAllowed": True,
        "PaymentMethodQueryEnabled": False,
        "EnableMediaRouter": False,
        "PromotionsEnabled": False,
        "DefaultBrowserSettingEnabled": False,
        "ImportBookmarks": False,
        "HideWebStoreIcon": True,
        "ShowHomeButton": False,
        "RestoreOnStartup": 5,
        "BackgroundModeEnabled": False,
        "SearchContentSharingSettings": 1,
        # Nothing is fetched from elsewhere.
        "ComponentUpdatesEnabled": False,
        "MetricsReportingEnabled": False,
        "SearchSuggestEnabled": False,
        "NetworkPredictionOptions": 2,
        "SafeBrowsingProtectionLevel": 0,
        "AlternateErrorPagesEnabled": False,
        "DnsOverHttpsMode": "off",
        "QuicAllowed": False,
        "BrowserNetworkTimeQueriesEnabled": False,
        "UrlKeyedAnonymizedDataCollectionEnabled": False,
        "DomainReliabilityAllowed": False,
        "ProxySettings": {"ProxyMode": "direct"},
    }


def policy_text(rules: Mapping[str, object]) -> str:
    """The policies as the file holds them."""
    return json.dumps(rules, indent=2) + "\n"


def is_page(arguments: Sequence[str]) -> bool:
    """Whether a process with this command line shows pages, and not a part of the browser itself."""
    return "--type=renderer" in arguments and not {"--top-chrome-webui", "--extension-process"} & set(arguments)
