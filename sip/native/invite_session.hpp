/* The invite session of a dialog, as long as it lives. */
#ifndef OUTRING_INVITE_SESSION_HPP
#define OUTRING_INVITE_SESSION_HPP

#include <pjsua-lib/pjsua.h>
#include <pjsua-lib/pjsua_internal.h>

namespace outring {

/* NULL once it is disconnected. pjsip_dlg_get_inv_session() goes on to name it then, though
 * what belongs to it is freed, as long as transactions keep the dialog (32 s, timer J). */
inline pjsip_inv_session *live_session(const pjsip_dialog *dialog)
{
    const pjsua_call *call =
        static_cast<const pjsua_call *>(dialog->mod_data[pjsua_var.mod.id]);
    /* The number of the call may be another one's by now. */
    return call && call->inv && call->inv->dlg == dialog ? call->inv : NULL;
}

} // namespace outring

#endif
