/* Splay links: a binary tree whose last used node moves to the root. A node whose Parent is itself is a root. */
#include <stdbool.h>
#include <stdint.h>

#include "ring3/rtl_table.h"

typedef PRTL_SPLAY_LINKS Links;

static bool is_left(Links n)
{
    return n->Parent->LeftChild == n;
}

/* Puts `child` (may be NULL) where `old` hangs below its parent. A root's replacement becomes a root. */
static void replace(Links old, Links child)
{
    if (RtlIsRoot(old)) {
        if (child != NULL)
            child->Parent = child;
        return;
    }
    if (is_left(old))
        old->Parent->LeftChild = child;
    else
        old->Parent->RightChild = child;
    if (child != NULL)
        child->Parent = old->Parent;
}

/* Lifts a node above its parent. */
static void rotate(Links n)
{
    Links parent = n->Parent;
    bool left = is_left(n);
    Links middle = left ? n->RightChild : n->LeftChild;

    replace(parent, n);
    if (left) {
        parent->LeftChild = middle;
        n->RightChild = parent;
    } else {
        parent->RightChild = middle;
        n->LeftChild = parent;
    }
    parent->Parent = n;
    if (middle != NULL)
        middle->Parent = parent;
}

/* Moves the node to the root and returns it. docs: ntddk/nf-ntddk-rtlsplay */
PRTL_SPLAY_LINKS NTAPI RtlSplay(PRTL_SPLAY_LINKS n)
{
    while (!RtlIsRoot(n)) {
        Links parent = n->Parent;

        if (RtlIsRoot(parent)) {
            rotate(n);
        } else if (is_left(n) == is_left(parent)) {
            rotate(parent);
            rotate(n);
        } else {
            rotate(n);
            rotate(n);
        }
    }
    return n;
}

/* The smallest node right of this one in its subtree; NULL when there is none. docs: ntddk/nf-ntddk-rtlsubtreesuccessor */
PRTL_SPLAY_LINKS NTAPI RtlSubtreeSuccessor(PRTL_SPLAY_LINKS n)
{
    n = n->RightChild;
    while (n != NULL && n->LeftChild != NULL)
        n = n->LeftChild;
    return n;
}

/* docs: ntddk/nf-ntddk-rtlsubtreepredecessor */
PRTL_SPLAY_LINKS NTAPI RtlSubtreePredecessor(PRTL_SPLAY_LINKS n)
{
    n = n->LeftChild;
    while (n != NULL && n->RightChild != NULL)
        n = n->RightChild;
    return n;
}

/* The next node of the whole tree in order. docs: ntddk/nf-ntddk-rtlrealsuccessor */
PRTL_SPLAY_LINKS NTAPI RtlRealSuccessor(PRTL_SPLAY_LINKS n)
{
    if (n->RightChild != NULL)
        return RtlSubtreeSuccessor(n);
    while (!RtlIsRoot(n) && !is_left(n))
        n = n->Parent;
    return RtlIsRoot(n) ? NULL : n->Parent;
}

/* docs: ntddk/nf-ntddk-rtlrealpredecessor */
PRTL_SPLAY_LINKS NTAPI RtlRealPredecessor(PRTL_SPLAY_LINKS n)
{
    if (n->LeftChild != NULL)
        return RtlSubtreePredecessor(n);
    while (!RtlIsRoot(n) && is_left(n))
        n = n->Parent;
    return RtlIsRoot(n) ? NULL : n->Parent;
}

/* Exchanges a node with two children and its predecessor, which has at most one. */
static void swap_with_predecessor(Links n)
{
    Links p = RtlSubtreePredecessor(n), p_left = p->LeftChild, p_parent = p->Parent;

    replace(n, p);
    p->RightChild = n->RightChild;
    p->RightChild->Parent = p;
    if (p_parent == n) {
        p->LeftChild = n;
        n->Parent = p;
    } else {
        p->LeftChild = n->LeftChild;
        p->LeftChild->Parent = p;
        p_parent->RightChild = n;
        n->Parent = p_parent;
    }
    n->RightChild = NULL;
    n->LeftChild = p_left;
    if (p_left != NULL)
        p_left->Parent = n;
}

/* Takes the node out; returns a node of what is left (its parent, else its child), NULL when that is nothing. */
static Links take_out(Links n)
{
    Links child, parent;

    if (n->LeftChild != NULL && n->RightChild != NULL)
        swap_with_predecessor(n);
    child = n->LeftChild != NULL ? n->LeftChild : n->RightChild;
    parent = RtlIsRoot(n) ? NULL : n->Parent;
    replace(n, child);
    return parent != NULL ? parent : child;
}

/* Deletes a node and splays its parent; returns the new root or NULL. docs: ntddk/nf-ntddk-rtldelete */
PRTL_SPLAY_LINKS NTAPI RtlDelete(PRTL_SPLAY_LINKS n)
{
    Links left = take_out(n);

    return left != NULL ? RtlSplay(left) : NULL;
}

/* Deletes a node without splaying; *Root is updated. docs: ntddk/nf-ntddk-rtldeletenosplay */
VOID NTAPI RtlDeleteNoSplay(PRTL_SPLAY_LINKS n, PRTL_SPLAY_LINKS *Root)
{
    Links left = take_out(n);

    while (left != NULL && !RtlIsRoot(left))
        left = left->Parent;
    *Root = left;
}
